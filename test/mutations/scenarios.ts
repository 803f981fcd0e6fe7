import { strict as assert } from 'node:assert';
import type { Faults } from '../../local/core.ts';
import { startMirror } from '../../local/machine/mirror.ts';
import { ModelledMachine } from '../../local/machine/modelled.ts';
import { SimulatedMachine } from '../../local/machine/simulated.ts';
import { karpenterNode } from '../../local/world/node.ts';
import { plant } from '../../local/world/planted.ts';
import { receiptIn } from '../../local/world/story.ts';
import { endless, slow } from '../scenarios/slow.ts';
import { clusterScenarios } from './cluster-scenarios.ts';
import { cluster, gate, on, type Scenario } from './stage.ts';
import { sweepScenarios } from './sweep-scenarios.ts';

const released = ['Node Admitted', 'Command Sent', 'Node Proven', 'Node Released'];

/** Everything end to end that a mutation may break, by name. */
export const scenarios = {
  'two tagged launches are released': on(async (stage) => {
    const { world } = stage;
    const nodes = [await stage.launch(), await stage.launch()];
    await stage.settle();
    await stage.pass(10 * 60_000);
    for (const node of nodes) {
      assert.equal(stage.outcome(node), 'released');
      assert.deepEqual(stage.story(node), released);
      assert.equal(stage.commandsFor(node), 1);
      assert.ok(stage.reached(node, 'installing') - 25_000 <= 10_000, 'the command came late');
      assert.ok(stage.reached(node, 'proven') <= 45_000, 'the result came late');
      assert.ok(stage.reached(node, 'released') <= 90_000, 'the release came late');
      assert.deepEqual(stage.taints(node), []);
      const { metadata } = stage.node(node);
      assert.equal(metadata.labels?.['node-restriction.kubernetes.io/airlock-runtime'], 'gvisor');
      const receipt = receiptIn(world.storyOf(node));
      assert.deepEqual(JSON.parse(metadata.annotations?.['airlock.dev/receipt'] ?? '{}'), receipt);
      assert.match(receipt?.installation?.sha256 ?? '', /^[0-9a-f]{64}$/);
      assert.match(receipt?.installation?.evidence ?? '', /Starting gVisor/);
      assert.equal(
        receipt?.installation?.commandId,
        world.services.ssm
          .commands()
          .find(({ invocations }) => invocations.some((one) => one.instanceId === node.instanceId))?.id,
      );
      assert.ok(world.report(node).transitions <= 8, 'too many transitions');
    }
    for (const execution of world.services.states.executions()) assert.equal(execution.status, 'SUCCEEDED');
    for (const name of ['Admit', 'Dispatch', 'Settle', 'Cluster']) {
      assert.ok(stage.logged(name), `${name} wrote no log`);
    }
    // Those that worked while the stack was deployed, too.
    for (const { settings, environments } of world.cloud.lambda.functions.values()) {
      const written = world.cloud.logs.events(settings.log.group ?? '').length;
      assert.ok(environments.size === 0 || written > 0, `${settings.name} wrote no log`);
    }
    stage.undisturbed();
  }),

  'launches that are not ours are left alone': on(async (stage) => {
    const { ec2, states } = stage.world.services;
    ec2.launch({ tags: { Name: 'web', 'eks:cluster-name': cluster } });
    ec2.launch({ tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'other' } });
    await stage.pass(10 * 60_000);
    assert.equal(states.executions().length, 0);
    assert.ok(stage.done('DescribeInstances') >= 1, 'nobody looked');
    stage.undisturbed();
  }),

  'a tag with a shell in it is refused': on(async (stage) => {
    const node = await stage.launch({ tags: { 'airlock:runtime': 'gvisor; reboot' } });
    await stage.settle();
    assert.equal(stage.outcome(node), 'unknown-runtime');
    assert.equal(stage.done('SendCommand'), 0);
    assert.deepEqual(stage.taints(node), [gate, 'airlock.dev/quarantined']);
  }),

  'a parameter with a shell in it reaches no node': on(async (stage) => {
    const { world } = stage;
    const node = await stage.launch({ agentAfterMs: 0, tags: { 'airlock:runtime': 'gvisor' } });
    await stage.settle();
    const before = stage.commandsFor(node);
    const document = world.cloud.resources.find(
      ({ type, ref }) => type === 'AWS::SSM::Document' && ref.includes('install'),
    );
    const operator = { kind: 'role', roleArn: stage.roleOf('Dispatch'), sessionName: 'operator' } as const;
    const send = (release: string) =>
      world.cloud.aws.call(operator, 'ssm', 'SendCommand', {
        DocumentName: document?.ref,
        InstanceIds: [node.instanceId],
        Parameters: { Release: [release] },
      });
    for (const hostile of ['1; reboot', '20260928.0\n$(id)', '`id`', '1.2.3'])
      await assert.rejects(send(hostile), { code: 'InvalidParameters' });
    assert.equal(stage.commandsFor(node), before);
    // The agent looks at the pattern alone, and wherever in the value it fits; whoever can change a document's values cannot change that.
    const deployed = world.services.ssm.documents().find(({ name }) => name === document?.ref);
    const { Release } = deployed?.content.parameters ?? {};
    assert.equal(Release?.interpolationType, 'ENV_VAR');
    for (const hostile of ['1; reboot', '20260928.0 $(id)'])
      assert.doesNotMatch(hostile, new RegExp(Release?.allowedPattern ?? ''));
  }),

  'a proof that fails ends in quarantine': on(
    async (stage) => {
      const node = await stage.launch();
      await stage.settle();
      await stage.pass(60_000);
      assert.equal(stage.outcome(node), 'proof-failed');
      assert.ok(stage.reached(node, 'quarantined') <= 120_000, 'the failure came late');
      assert.deepEqual(stage.taints(node), [gate, 'airlock.dev/quarantined']);
      assert.deepEqual(stage.story(node), ['Node Admitted', 'Command Sent', 'Installation Failed', 'Node Quarantined']);
      assert.match(stage.node(node).metadata.annotations?.['airlock.dev/receipt'] ?? '', /proof-failed/);
      stage.undisturbed();
    },
    ['not-sandboxed'],
  ),

  'a failed download is tried three times': on(
    async (stage) => {
      const node = await stage.launch();
      await stage.settle();
      assert.equal(stage.outcome(node), 'download-failed');
      assert.equal(stage.commandsFor(node), 3);
    },
    ['download-404'],
  ),

  'a container that is on the host is found out by the script': async (assembly) => {
    const mirror = await startMirror();
    const machine = () => SimulatedMachine.create({ faults: ['not-sandboxed'] }, mirror);
    try {
      await on(
        async (stage) => {
          const node = await stage.launch();
          await stage.settle();
          assert.equal(stage.outcome(node), 'proof-failed');
          assert.ok(stage.taints(node).includes(gate), 'the gate is gone');
        },
        [],
        machine,
      )(assembly);
    } finally {
      await mirror.close();
    }
  },

  'an agent that comes after ten minutes is not too late': on(async (stage) => {
    const node = await stage.launch({ agentAfterMs: 600_000 });
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    assert.ok(stage.reached(node, 'installing') - 600_000 <= 75_000, 'the command came late');
    assert.equal(stage.commandsFor(node), 1);
    stage.undisturbed();
  }),

  'an agent that never comes is agent-never-came': on(async (stage) => {
    const node = await stage.launch({ agentAfterMs: undefined });
    await stage.settle();
    assert.equal(stage.outcome(node), 'agent-never-came');
    assert.ok(stage.reached(node, 'quarantined') <= 21 * 60_000, 'after the deadline');
    assert.equal(stage.done('SendCommand'), 0);
    stage.undisturbed();
  }),

  'an agent that is too old gets no command': on(async (stage) => {
    const node = await stage.launch({ agentVersion: '3.3.2745.0' });
    await stage.settle();
    assert.equal(stage.outcome(node), 'agent-too-old');
    assert.equal(stage.done('SendCommand'), 0);
    stage.undisturbed();
  }),

  'events that come three times start one execution': on(async (stage) => {
    const node = await stage.world.launch(plant(['events-doubled'], stage.world, karpenterNode(cluster, gate)));
    await stage.settle();
    await stage.pass(60_000);
    assert.equal(stage.world.services.states.executions().length, 1);
    assert.equal(stage.commandsFor(node), 1);
    assert.equal(stage.done('SendTaskSuccess'), 1);
    assert.deepEqual(stage.story(node), released);
  }),

  'an admission that dies after StartExecution starts no second': on(async (stage) => {
    stage.world.cloud.faults = onceAfter('StartExecution');
    const node = await stage.launch();
    await stage.settle();
    await stage.pass(10 * 60_000);
    assert.equal(stage.world.services.states.executions().length, 1);
    assert.equal(stage.commandsFor(node), 1);
    assert.equal(stage.outcome(node), 'released');
    stage.undisturbed();
  }),

  'a message that SQS delivers twice sends one command': on(async (stage) => {
    const { world, clock } = stage;
    const queue = world.services.sqs.all().find(({ settings }) => settings.name.includes('CommandsQueue'));
    assert.ok(queue, 'there is no commands queue');
    let copied = false;
    world.cloud.faults = {
      // Calls take time, so that the two dispatchers work side by side.
      beforeCall: async () => {
        await clock.sleep(40);
        return undefined;
      },
      afterCall: ({ service, operation, input }) => {
        const { QueueUrl, MessageBody } = input as { QueueUrl?: string; MessageBody?: string };
        const ours = service === 'sqs' && operation === 'SendMessage' && QueueUrl === queue.settings.url;
        if (copied || !ours) return undefined;
        copied = true;
        queue.add({ id: 'copy', body: MessageBody ?? '', attributes: {}, senderId: 'copy', sentAt: clock.now() });
        return undefined;
      },
    };
    const node = await stage.launch({ agentAfterMs: 0 });
    await stage.settle();
    await stage.pass(10 * 60_000);
    assert.equal(stage.commandsFor(node), 1);
    assert.equal(stage.outcome(node), 'released');
  }),

  'a dispatcher that dies right after SendCommand sends no second': on(async (stage) => {
    stage.world.cloud.faults = onceAfter('SendCommand');
    const node = await stage.launch();
    await stage.settle();
    await stage.pass(10 * 60_000);
    assert.equal(stage.outcome(node), 'released');
    assert.equal(stage.commandsFor(node), 1);
    stage.undisturbed();
  }),

  'a result that is known before its command is noted settles the node': on(async (stage) => {
    stage.world.cloud.faults = onceAfter('SendCommand');
    const node = await stage.launch();
    await stage.settle();
    assert.ok(stage.reached(node, 'released') <= 120_000, 'nobody took the result for what it was');
  }),

  'a claim whose command was never sent is looked for, and sent': on(async (stage) => {
    let deaths = 1;
    stage.world.cloud.faults = {
      beforeCall: ({ operation }) => (operation === 'SendCommand' && deaths-- > 0 ? 'crash' : undefined),
    };
    const node = await stage.launch();
    await stage.settle();
    assert.equal(stage.done('ListCommands'), 1);
    assert.equal(stage.outcome(node), 'released');
    assert.equal(stage.commandsFor(node), 1);
    stage.undisturbed();
  }),

  'a claim whose command was sent is looked for, and found': on(async (stage) => {
    stage.world.cloud.faults = onceAfter('SendCommand');
    // The result is lost too, so the redelivered message alone can find the command.
    stage.world.services.events.delivery = ({ event }) => (event.source === 'aws.ssm' ? [] : undefined);
    const node = await stage.launch();
    await stage.pass(8 * 60_000);
    assert.equal(stage.commandsFor(node), 1);
    assert.equal(stage.done('ListCommands'), 1);
  }),

  "a stranger's command settles nothing": on(async (stage) => {
    const { world } = stage;
    const operator = { kind: 'role', roleArn: stage.roleOf('Dispatch'), sessionName: 'operator' } as const;
    let sent = false;
    world.cloud.faults = {
      // Somebody runs the same document by hand while ours is on its way; his ends first.
      afterCall: async ({ operation, input }) => {
        if (operation !== 'SendCommand' || sent) return undefined;
        sent = true;
        await world.cloud.aws.call(operator, 'ssm', 'SendCommand', { ...(input as object), Comment: 'by hand' });
        return undefined;
      },
    };
    const node = await stage.launch();
    await stage.settle();
    assert.equal(stage.commandsFor(node), 2);
    assert.equal(stage.done('SendTaskSuccess'), 1);
    const ours = world.services.ssm.commands().find(({ comment }) => comment !== 'by hand');
    assert.equal(receiptIn(world.storyOf(node))?.installation?.commandId, ours?.id);
  }),

  'a result that SSM does not show yet is read seconds later': on(async (stage) => {
    stage.world.services.ssm.settings.invisibleMs = 12_000;
    const node = await stage.launch();
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    assert.ok(stage.reached(node, 'proven') <= 75_000, 'the result came late');
    stage.undisturbed();
  }),

  'a batch goes on without a node that is gone and one that lost its tag': on(async (stage) => {
    const { ec2 } = stage.world.services;
    const nodes = await Promise.all(Array.from({ length: 4 }, () => stage.launch()));
    const [gone, bare, ...others] = nodes;
    assert.ok(gone && bare);
    await stage.pass(20_000);
    ec2.terminate(gone.instanceId);
    ec2.retag(bare.instanceId, { 'eks:cluster-name': cluster });
    await stage.settle();
    for (const node of others) assert.equal(stage.outcome(node), 'released');
    assert.equal(stage.commandsFor(gone), 0);
    assert.equal(stage.commandsFor(bare), 0);
    assert.equal(stage.outcome(bare), 'command-forbidden');
    assert.deepEqual(stage.deadLetters(), []);
  }),

  'a throttled SendCommand is sent once': on(async (stage) => {
    const node = await stage.world.launch(plant(['send-throttled'], stage.world, karpenterNode(cluster, gate)));
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    assert.ok(stage.reached(node, 'installing') <= 60_000, 'the command came late');
    assert.equal(stage.commandsFor(node), 1);
    stage.undisturbed();
  }),

  'a Node of the same name that is another instance keeps its gate': on(async (stage) => {
    const node = await stage.launch();
    stage.world.clusters.get(cluster)?.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node.nodeName, labels: { 'airlock.dev/runtime': 'gvisor' } },
      spec: { providerID: 'aws:///eu-central-1a/i-0123456789abcdef0', taints: [{ key: gate, effect: 'NoSchedule' }] },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
    await stage.settle();
    assert.equal(stage.outcome(node), 'node-never-joined');
    assert.deepEqual(stage.taints(node), [gate]);
  }),

  'a cluster that is down for two minutes delays the release': on(async (stage) => {
    const node = await stage.world.launch(plant(['cluster-down'], stage.world, karpenterNode(cluster, gate)));
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
  }),

  'a node whose kubelet comes after five minutes is released': on(async (stage) => {
    const node = await stage.launch({ joinAfterMs: 300_000 });
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    stage.undisturbed();
  }),

  'an installation that still runs at the deadline is cancelled and awaited': on(
    async (stage) => {
      const node = await stage.launch();
      await stage.settle();
      const [invocation] = stage.world.services.ssm.commands().flatMap(({ invocations }) => invocations);
      assert.equal(invocation?.status, 'Cancelled');
      assert.equal(stage.outcome(node), 'deadline-passed');
      assert.ok(stage.reached(node, 'quarantined') <= 20 * 60_000, 'after the deadline');
      assert.doesNotMatch(stage.world.report(node).detail, /not ended|AccessDenied/);
      await stage.pass(20 * 60_000);
      assert.equal(stage.commandsFor(node), 1);
      assert.ok(stage.logged('Halt'), 'halt wrote no log');
      stage.undisturbed();
    },
    [],
    endless,
  ),

  'a command that was sent and not noted is found at the deadline, and cancelled': on(
    async (stage) => {
      stage.world.cloud.faults = onceAfter('SendCommand');
      // The message comes back after the visibility time-out of three minutes, when the time is up.
      const node = await stage.launch({ agentAfterMs: 60_000, tags: { 'airlock:deadline-minutes': '5' } });
      await stage.settle();
      const [invocation] = stage.world.services.ssm.commands().flatMap(({ invocations }) => invocations);
      assert.equal(invocation?.status, 'Cancelled');
      assert.equal(stage.outcome(node), 'deadline-passed');
      assert.equal(stage.commandsFor(node), 1);
    },
    [],
    endless,
  ),

  'an instance that goes away ends at once': on(
    async (stage) => {
      const node = await stage.launch();
      await stage.pass(60_000);
      stage.world.services.ec2.terminate(node.instanceId);
      await stage.pass(7_000);
      assert.deepEqual(stage.story(node), ['Node Admitted', 'Command Sent', 'Node Forgotten']);
      assert.equal(stage.world.services.states.running, 0);
      assert.equal(stage.done('CancelCommand'), 1);
      await stage.pass(30 * 60_000);
      assert.equal(stage.story(node).length, 3);
      assert.ok(stage.logged('Gone'), 'gone wrote no log');
      stage.undisturbed();
    },
    [],
    endless,
  ),

  'an end that is written and not told is waited for, and told': on(async (stage) => {
    const node = await stage.launch({ agentAfterMs: undefined });
    await stage.pass(60_000);
    stage.world.cloud.faults = onceAfter('StopExecution');
    stage.world.services.ec2.terminate(node.instanceId);
    await stage.pass(10 * 60_000);
    assert.deepEqual(stage.story(node), ['Node Admitted', 'Node Forgotten']);
    assert.ok(stage.done('ChangeMessageVisibility') > 0, 'nobody waited');
    stage.undisturbed();
  }),

  'an instance that is about to be taken away ends at once': on(async (stage) => {
    const { ec2, events } = stage.world.services;
    const interrupted = await stage.launch({ agentAfterMs: undefined });
    const scaledIn = await stage.launch({ agentAfterMs: undefined });
    await stage.pass(60_000);
    ec2.interrupt(interrupted.instanceId);
    events.emit({
      source: 'aws.autoscaling',
      'detail-type': 'EC2 Instance-terminate Lifecycle Action',
      resources: [],
      detail: { EC2InstanceId: scaledIn.instanceId, AutoScalingGroupName: 'builders' },
    });
    await stage.pass(7_000);
    for (const node of [interrupted, scaledIn]) assert.equal(stage.outcome(node), 'instance-gone');
  }),

  'a node that failed is replaced where its pool says so': on(
    async (stage) => {
      const node = await stage.launch();
      await stage.settle();
      assert.equal(stage.story(node).at(-1), 'Node Replaced');
      assert.equal(stage.done('TerminateInstances'), 1);
      await stage.pass(10 * 60_000);
      assert.equal(stage.story(node).at(-1), 'Node Replaced');
      stage.undisturbed();
    },
    ['not-sandboxed'],
    undefined,
    { onFailure: 'replace' },
  ),

  'a group ends its own instance that failed': on(
    async (stage) => {
      stage.world.services.autoScaling.addGroup({ name: 'builders', tags: { 'airlock:runtime': 'gvisor' } });
      const node = await stage.launch({
        tags: { 'aws:autoscaling:groupName': 'builders' },
        without: ['karpenter.sh/nodepool'],
      });
      await stage.settle();
      assert.equal(stage.story(node).at(-1), 'Node Replaced');
      assert.equal(stage.done('TerminateInstanceInAutoScalingGroup'), 1);
      stage.undisturbed();
    },
    ['not-sandboxed'],
    undefined,
    { onFailure: 'replace' },
  ),

  'a launch hook is answered by a release and by a failure': async (assembly) => {
    for (const [faults, result] of [
      [[], 'CONTINUE'],
      [['not-sandboxed'], 'ABANDON'],
    ] as const) {
      await on(
        async (stage) => {
          const hook = { name: 'airlock', heartbeatSeconds: 3_600, defaultResult: 'ABANDON' } as const;
          const tags = { 'airlock:runtime': 'gvisor' };
          stage.world.services.autoScaling.addGroup({ name: 'builders', tags, hook });
          await stage.launch({
            tags: { 'aws:autoscaling:groupName': 'builders' },
            without: ['karpenter.sh/nodepool'],
          });
          await stage.settle();
          const answers = stage.world.cloud.journal.filter(({ operation }) => operation === 'CompleteLifecycleAction');
          assert.deepEqual(
            answers.map(({ input }) => (input as { LifecycleActionResult?: string }).LifecycleActionResult),
            [result],
          );
          stage.undisturbed();
        },
        faults,
        undefined,
        { pools: [{ name: 'builders', launchHook: 'airlock' }] },
      )(assembly);
    }
  },

  'three failures open the breaker, and the alarm and an event say so': on(
    async (stage) => {
      const nodes = [];
      for (let count = 0; count < 4; count++) {
        nodes.push(await stage.launch());
        await stage.settle();
      }
      const ends = nodes.map((node) => stage.story(node).at(-1));
      assert.deepEqual(ends, ['Node Quarantined', 'Node Quarantined', 'Node Held', 'Node Held']);
      const opened = stage.world.audit().filter((event) => event['detail-type'] === 'Breaker Opened');
      assert.equal(opened.length, 1);
      assert.ok(stage.logged('Replace'), 'replace wrote no log');
      stage.undisturbed();
    },
    ['not-sandboxed'],
  ),

  'while the breaker is open one node is tried at a time, and a success closes it': async (assembly) => {
    let broken = true;
    const machine = async () => slow(new ModelledMachine(broken ? ['not-sandboxed'] : []), 60_000);
    await on(
      async (stage) => {
        for (let count = 0; count < 3; count++) {
          await stage.launch();
          await stage.settle();
        }
        const before = stage.done('SendCommand');
        const held = [await stage.launch(), await stage.launch()];
        await stage.pass(80_000);
        assert.equal(stage.done('SendCommand') - before, 1);
        await stage.settle();
        for (const node of held) assert.equal(stage.story(node).at(-1), 'Node Held');
        assert.equal(stage.done('SendCommand') - before, 2);
        broken = false;
        const good = await Promise.all(Array.from({ length: 3 }, () => stage.launch()));
        await stage.settle();
        for (const node of good) assert.equal(stage.outcome(node), 'released');
        const told = stage.world.audit().map((event) => event['detail-type']);
        assert.deepEqual(
          told.filter((type) => type.startsWith('Breaker')),
          ['Breaker Opened', 'Breaker Closed'],
        );
        stage.undisturbed();
      },
      [],
      machine,
    )(assembly);
  },

  'events that a queue does not take are kept as dead letters': on(async (stage) => {
    const { sqs } = stage.world.services;
    const policies = sqs.all().filter(({ settings }) => /LaunchesQueue|ResultsQueue/.test(settings.name));
    const node = await stage.launch();
    await stage.pass(1_000);
    for (const queue of policies) queue.policy = undefined;
    await stage.pass(60_000);
    assert.equal(stage.deadLetters().filter((name) => name.includes('Launches')).length, 1);
    assert.equal(stage.outcome(node), '');
  }),

  'results that a queue does not take are kept as dead letters': on(async (stage) => {
    await stage.launch();
    await stage.pass(20_000);
    for (const queue of stage.world.services.sqs.all())
      if (queue.settings.name.includes('ResultsQueue')) queue.policy = undefined;
    await stage.pass(60_000);
    assert.equal(stage.deadLetters().filter((name) => name.includes('Results')).length, 1);
  }),
  ...sweepScenarios,
  ...clusterScenarios,
} as const satisfies Readonly<Record<string, Scenario>>;

/** The name of a scenario. */
export type ScenarioName = keyof typeof scenarios;

/** Kills whoever makes a call, once, right after it took effect. */
function onceAfter(wanted: string): Faults {
  let deaths = 1;
  return { afterCall: ({ operation }) => (operation === wanted && deaths-- > 0 ? 'crash' : undefined) };
}

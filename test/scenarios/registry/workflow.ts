import { strict as assert } from 'node:assert';
import { SimulatedMachine } from '../../../packages/lab/machines.ts';
import { startMirror } from '../../../packages/lab/releases.ts';
import { receiptIn } from '../../../packages/lab/simulation.ts';
import { releasedTimeline } from '../observe.ts';
import { cluster, gate, on, type ScenarioRun } from './scenario.ts';

/** The result of a launch if nothing is late: it is released, refused or quarantined. */
export const workflowScenarios = {
  'two tagged launches are released': on(async (scenario) => {
    const { world } = scenario;
    const nodes = [await scenario.launch(), await scenario.launch()];
    await scenario.settle();
    await scenario.pass(10 * 60_000);
    for (const node of nodes) {
      assert.equal(scenario.outcome(node), 'released');
      assert.deepEqual(scenario.timeline(node), releasedTimeline);
      assert.equal(scenario.commandsFor(node), 1);
      assert.ok(scenario.reached(node, 'installing') - 25_000 <= 10_000, 'the command came late');
      assert.ok(scenario.reached(node, 'proven') <= 45_000, 'the result came late');
      assert.ok(scenario.reached(node, 'released') <= 90_000, 'the release came late');
      assert.deepEqual(scenario.taints(node), []);
      const { metadata } = scenario.node(node);
      assert.equal(metadata.labels?.['node-restriction.kubernetes.io/airlock-runtime'], 'gvisor');
      const receipt = receiptIn(world.timelineOf(node));
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
    for (const name of ['Admission', 'Dispatch', 'Results', 'Cluster']) {
      assert.ok(scenario.logged(name), `${name} wrote no log`);
    }
    // Also those that ran while the stack was deployed.
    for (const { settings, environments } of world.cloud.lambda.functions.values()) {
      const written = world.cloud.logs.events(settings.log.group ?? '').length;
      assert.ok(environments.size === 0 || written > 0, `${settings.name} wrote no log`);
    }
    scenario.undisturbed();
  }),

  'launches that are not ours are left alone': on(async (scenario) => {
    const { ec2, states } = scenario.world.services;
    const instanceProfile = 'demo-nodes';
    ec2.launch({ instanceProfile, tags: { Name: 'web', 'eks:cluster-name': cluster } });
    ec2.launch({ instanceProfile, tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'other' } });
    await scenario.pass(10 * 60_000);
    assert.equal(states.executions().length, 0);
    assert.ok(scenario.done('DescribeInstances') >= 1, 'no instance was looked up');
    scenario.undisturbed();
  }),

  'a tag with a shell in it is refused': on(async (scenario) => {
    const node = await scenario.launch({ tags: { 'airlock:runtime': 'gvisor; reboot' } });
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'unknown-runtime');
    assert.equal(scenario.done('SendCommand'), 0);
    assert.deepEqual(scenario.taints(node), [gate, 'airlock.dev/quarantined']);
  }),

  'a parameter with a shell in it reaches no node': on(async (scenario) => {
    const { world } = scenario;
    const node = await scenario.launch({ agentAfterMs: 0, tags: { 'airlock:runtime': 'gvisor' } });
    await scenario.settle();
    const before = scenario.commandsFor(node);
    const document = world.cloud.resources.find(
      ({ type, ref }) => type === 'AWS::SSM::Document' && ref.includes('install'),
    );
    const operator = { kind: 'role', roleArn: scenario.roleOf('Dispatch'), sessionName: 'operator' } as const;
    const send = (version: string) =>
      world.cloud.aws.call(operator, 'ssm', 'SendCommand', {
        DocumentName: document?.ref,
        InstanceIds: [node.instanceId],
        Parameters: { Version: [version] },
      });
    for (const hostile of ['1; reboot', '20260928.0\n$(id)', '`id`', '1.2.3'])
      await assert.rejects(send(hostile), { code: 'InvalidParameters' });
    assert.equal(scenario.commandsFor(node), before);
    // The agent only checks the pattern, anywhere in the value; a principal that changes a document's values cannot
    // change that.
    const deployed = world.services.ssm.documents().find(({ name }) => name === document?.ref);
    const { Version } = deployed?.content.parameters ?? {};
    assert.equal(Version?.interpolationType, 'ENV_VAR');
    for (const hostile of ['1; reboot', '20260928.0 $(id)'])
      assert.doesNotMatch(hostile, new RegExp(Version?.allowedPattern ?? ''));
  }),

  'a proof that fails ends in quarantine': on(
    async (scenario) => {
      const node = await scenario.launch();
      await scenario.settle();
      await scenario.pass(60_000);
      assert.equal(scenario.outcome(node), 'proof-failed');
      assert.ok(scenario.reached(node, 'quarantined') <= 120_000, 'the failure came late');
      assert.deepEqual(scenario.taints(node), [gate, 'airlock.dev/quarantined']);
      assert.deepEqual(scenario.timeline(node), [
        'Node Admitted',
        'Command Sent',
        'Installation Failed',
        'Node Quarantined',
      ]);
      assert.match(scenario.node(node).metadata.annotations?.['airlock.dev/receipt'] ?? '', /proof-failed/);
      scenario.undisturbed();
    },
    ['not-sandboxed'],
  ),

  'a failed download is tried three times': on(
    async (scenario) => {
      const node = await scenario.launch();
      await scenario.settle();
      assert.equal(scenario.outcome(node), 'download-failed');
      assert.equal(scenario.commandsFor(node), 3);
    },
    ['download-404'],
  ),

  'a container that is on the host is found out by the script': async (assembly) => {
    const mirror = await startMirror();
    const machine = () => SimulatedMachine.create({ faults: ['not-sandboxed'] }, mirror);
    try {
      await on(
        async (scenario) => {
          const node = await scenario.launch();
          await scenario.settle();
          assert.equal(scenario.outcome(node), 'proof-failed');
          assert.ok(scenario.taints(node).includes(gate), 'the gate is gone');
        },
        [],
        machine,
      )(assembly);
    } finally {
      await mirror.close();
    }
  },
} as const satisfies Readonly<Record<string, ScenarioRun>>;

import { strict as assert } from 'node:assert';
import { pack, unpack } from '../../../domain/packed.ts';
import type { Versions } from '../../../domain/tags.ts';
import { plant } from '../../../packages/lab/faults.ts';
import { karpenterNode, receiptIn } from '../../../packages/lab/simulation.ts';
import { latency } from '../../scale/latency.ts';
import { releasedTimeline } from '../observe.ts';
import { cluster, gate, on, onceAfter, type ScenarioRun } from './scenario.ts';

/** One execution, one command and one answer, whatever arrives twice, dies or is refused. */
export const commandScenarios = {
  'events that come three times start one execution': on(async (scenario) => {
    const node = await scenario.world.launch(plant(['events-doubled'], scenario.world, karpenterNode(cluster, gate)));
    await scenario.settle();
    await scenario.pass(60_000);
    assert.equal(scenario.world.services.states.executions().length, 1);
    assert.equal(scenario.commandsFor(node), 1);
    assert.equal(scenario.done('SendTaskSuccess'), 2);
    assert.deepEqual(scenario.timeline(node), releasedTimeline);
  }),

  'a launch whose version a deployment withdraws gets no command': on(async (scenario) => {
    const { cloud } = scenario.world;
    const node = await scenario.launch({ agentAfterMs: 60_000 });
    await scenario.pass(20_000);
    assert.equal(scenario.world.services.states.executions().length, 1);
    const name = cloud.resource('Dispatch/Function/Resource').ref;
    const { environment } = cloud.lambda.function(name).settings;
    const versions = unpack(environment['VERSIONS'] ?? '') as Versions;
    const gvisor = { ...versions.gvisor, withdrawn: { [versions.gvisor?.default ?? '']: 'CVE-2027-10001, critical' } };
    cloud.lambda.update(name, { environment: { ...environment, VERSIONS: pack({ ...versions, gvisor }) } });
    await scenario.settle();
    assert.deepEqual([scenario.outcome(node), scenario.commandsFor(node)], ['version-withdrawn', 0]);
  }),

  'an admission that dies after StartExecution starts no second': on(async (scenario) => {
    scenario.world.cloud.faults = onceAfter('StartExecution');
    // It is still in transit when the rest of its admission is done.
    const node = await scenario.launch({ agentAfterMs: 240_000 });
    await scenario.settle();
    await scenario.pass(10 * 60_000);
    assert.equal(scenario.world.services.states.executions().length, 1);
    assert.equal(scenario.commandsFor(node), 1);
    assert.equal(scenario.outcome(node), 'released');
    scenario.undisturbed();
  }),

  'a message that SQS delivers twice sends one command': on(async (scenario) => {
    const { world, clock } = scenario;
    const queue = world.services.sqs.all().find(({ settings }) => settings.name.includes('DispatchQueue-'));
    assert.ok(queue, 'there is no dispatch queue');
    let copied = false;
    world.cloud.faults = {
      // Calls take time, so the two dispatchers work side by side.
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
    const node = await scenario.launch({ agentAfterMs: 0 });
    await scenario.settle();
    await scenario.pass(10 * 60_000);
    assert.equal(scenario.commandsFor(node), 1);
    assert.equal(scenario.outcome(node), 'released');
  }),

  'a dispatcher that dies right after SendCommand sends no second': on(async (scenario) => {
    scenario.world.cloud.faults = onceAfter('SendCommand');
    const node = await scenario.launch();
    await scenario.settle();
    await scenario.pass(10 * 60_000);
    assert.equal(scenario.outcome(node), 'released');
    assert.equal(scenario.commandsFor(node), 1);
    scenario.undisturbed();
  }),

  'a result that is known before its command is noted settles the node': on(async (scenario) => {
    scenario.world.cloud.faults = onceAfter('SendCommand');
    const node = await scenario.launch();
    await scenario.settle();
    assert.ok(scenario.reached(node, 'released') <= 120_000, 'the result was not recognized');
  }),

  'a claim whose command was never sent is looked for, and sent': on(async (scenario) => {
    let deaths = 1;
    scenario.world.cloud.faults = {
      beforeCall: ({ operation }) => (operation === 'SendCommand' && deaths-- > 0 ? 'crash' : undefined),
    };
    const node = await scenario.launch();
    await scenario.settle();
    assert.equal(scenario.done('ListCommands'), 1);
    assert.equal(scenario.outcome(node), 'released');
    assert.equal(scenario.commandsFor(node), 1);
    scenario.undisturbed();
  }),

  'a claim whose command was sent is looked for, and found': on(async (scenario) => {
    scenario.world.cloud.faults = onceAfter('SendCommand');
    // The result is lost too, so only the redelivered message can find the command.
    scenario.world.services.events.delivery = ({ event }) => (event.source === 'aws.ssm' ? [] : undefined);
    const node = await scenario.launch();
    await scenario.pass(8 * 60_000);
    assert.equal(scenario.commandsFor(node), 1);
    assert.equal(scenario.done('ListCommands'), 1);
  }),

  "a stranger's command settles nothing": on(async (scenario) => {
    const { world } = scenario;
    const operator = { kind: 'role', roleArn: scenario.roleOf('Dispatch'), sessionName: 'operator' } as const;
    let sent = false;
    world.cloud.faults = {
      // Another user runs the same document by hand while ours is in progress; theirs ends first.
      afterCall: async ({ operation, input }) => {
        if (operation !== 'SendCommand' || sent) return undefined;
        sent = true;
        await world.cloud.aws.call(operator, 'ssm', 'SendCommand', { ...(input as object), Comment: 'by hand' });
        return undefined;
      },
    };
    const node = await scenario.launch();
    await scenario.settle();
    assert.equal(scenario.commandsFor(node), 2);
    assert.equal(scenario.done('SendTaskSuccess'), 2);
    const ours = world.services.ssm.commands().find(({ comment }) => comment !== 'by hand');
    assert.equal(receiptIn(world.timelineOf(node))?.installation?.commandId, ours?.id);
  }),

  'a result that SSM does not show yet is read seconds later': on(async (scenario) => {
    scenario.world.services.ssm.settings.invisibleMs = 12_000;
    const node = await scenario.launch();
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
    assert.ok(scenario.reached(node, 'proven') <= 75_000, 'the result came late');
    scenario.undisturbed();
  }),

  'a batch goes on without a node that is gone and one that lost its tag': on(async (scenario) => {
    const { ec2 } = scenario.world.services;
    // Nodes share a command only if calls take time, and if there are enough of them.
    scenario.world.cloud.faults = latency(scenario.clock);
    const nodes = await Promise.all(Array.from({ length: 30 }, () => scenario.launch()));
    const [gone, bare, ...others] = nodes;
    assert.ok(gone && bare);
    await scenario.pass(20_000);
    ec2.terminate(gone.instanceId);
    ec2.retag(bare.instanceId, { 'eks:cluster-name': cluster });
    await scenario.settle();
    for (const node of others) assert.equal(scenario.outcome(node), 'released');
    assert.equal(scenario.commandsFor(gone), 0);
    assert.equal(scenario.commandsFor(bare), 0);
    assert.equal(scenario.outcome(bare), 'command-forbidden');
    assert.deepEqual(scenario.deadLetters(), []);
  }),

  'a node gets its command when agents of its pool usually come': on(async (scenario) => {
    const agentAfterMs = 95_200;
    for (let earlier = 0; earlier < 3; earlier++) await scenario.launch({ agentAfterMs: agentAfterMs + earlier * 500 });
    await scenario.settle();
    const node = await scenario.launch({ agentAfterMs });
    await scenario.settle();
    assert.ok(scenario.reached(node, 'installing') - agentAfterMs <= 1_000, 'the command came late');
  }),

  'a crowd shares its messages, and none of them is left': on(async (scenario) => {
    scenario.world.cloud.faults = latency(scenario.clock);
    const nodes = await Promise.all(Array.from({ length: 30 }, () => scenario.launch()));
    await scenario.settle();
    for (const node of nodes) assert.equal(scenario.outcome(node), 'released');
    assert.ok(scenario.done('SendCommand') <= 8, 'the nodes share no commands');
    await scenario.pass(60_000);
    const left = scenario.world.services.sqs.all().filter(({ visible, inFlight }) => visible + inFlight > 0);
    assert.deepEqual(left, []);
  }),

  'a throttled SendCommand is sent once': on(async (scenario) => {
    const node = await scenario.world.launch(plant(['send-throttled'], scenario.world, karpenterNode(cluster, gate)));
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
    assert.ok(scenario.reached(node, 'installing') <= 60_000, 'the command came late');
    assert.equal(scenario.commandsFor(node), 1);
    scenario.undisturbed();
  }),

  'events that a queue does not take are kept as dead letters': on(async (scenario) => {
    const { sqs } = scenario.world.services;
    const policies = sqs.all().filter(({ settings }) => /(Admission|Results)Queue-/.test(settings.name));
    const node = await scenario.launch();
    await scenario.pass(1_000);
    for (const queue of policies) queue.policy = undefined;
    await scenario.pass(60_000);
    assert.equal(scenario.deadLetters().filter((name) => name.includes('Admission')).length, 1);
    assert.equal(scenario.outcome(node), '');
  }),

  'results that a queue does not take are kept as dead letters': on(async (scenario) => {
    await scenario.launch();
    await scenario.pass(20_000);
    for (const queue of scenario.world.services.sqs.all())
      if (queue.settings.name.includes('ResultsQueue-')) queue.policy = undefined;
    await scenario.pass(60_000);
    assert.equal(scenario.deadLetters().filter((name) => name.includes('Results')).length, 1);
  }),
} as const satisfies Readonly<Record<string, ScenarioRun>>;

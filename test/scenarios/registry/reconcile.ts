import { strict as assert } from 'node:assert';
import { releasedTimeline } from '../observe.ts';
import { on, type Scenario, type ScenarioRun } from './scenario.ts';

const minute = 60_000;

/** Loses every event of an AWS service on its way to our queues. */
function lose({ world }: Scenario, source: string): void {
  world.services.events.delivery = ({ event }) => (event.source === source ? [] : undefined);
}

/** The purpose of reconcile, and what it must not change. */
export const reconcileScenarios = {
  'a launch without an event is found': on(async (scenario) => {
    lose(scenario, 'aws.ec2');
    const nodes = [await scenario.launch(), await scenario.launch()];
    await scenario.settle();
    for (const node of nodes) {
      assert.deepEqual(scenario.timeline(node), releasedTimeline);
      assert.ok(scenario.reached(node, 'released') <= 8 * minute, 'it was found late');
    }
    assert.equal(scenario.world.services.states.executions().length, 2);
    scenario.undisturbed();
  }),

  'a launch without an event is found while the bus takes no events': on(async (scenario) => {
    lose(scenario, 'aws.ec2');
    const { clock, services } = scenario.world;
    const until = clock.now() + 12 * minute;
    services.events.refuses = () => (clock.now() < until ? ['ThrottlingException', 'Rate exceeded'] : undefined);
    const node = await scenario.launch();
    await scenario.pass(8 * minute);
    assert.deepEqual(scenario.taints(node), [], 'no event may be taken, and the node is released');
    await scenario.pass(20 * minute);
    assert.deepEqual(scenario.timeline(node).toSorted(), releasedTimeline.toSorted());
    assert.equal(services.states.executions().length, 1);
    scenario.undisturbed();
  }),

  'every page of the fleet is read': on(async (scenario) => {
    const { ec2, states } = scenario.world.services;
    // More instances with our tag than one page shows, of clusters that are not ours; the node is last.
    for (let index = 0; index < 1_001; index++) {
      ec2.launch({ tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'other' }, pendingMs: 0 });
    }
    lose(scenario, 'aws.ec2');
    await scenario.launch();
    await scenario.pass(5 * minute);
    assert.equal(states.executions().length, 1);
  }),

  'an instance that was in service before it was tagged is left alone': on(async (scenario) => {
    const { ec2, states } = scenario.world.services;
    const node = await scenario.launch({ gate: 'example.com/none-of-ours', tags: { 'airlock:runtime': 'no such' } });
    const { 'airlock:runtime': _, ...bare } = ec2.instance(node.instanceId).tags;
    ec2.retag(node.instanceId, bare);
    await scenario.pass(30 * minute);
    ec2.retag(node.instanceId, { ...bare, 'airlock:runtime': 'gvisor' });
    await scenario.pass(10 * minute);
    assert.equal(states.executions().length, 0);
    scenario.undisturbed();
  }),

  'a result without an event is asked for': on(async (scenario) => {
    lose(scenario, 'aws.ssm');
    const node = await scenario.launch();
    await scenario.settle();
    assert.deepEqual(scenario.timeline(node), releasedTimeline);
    assert.ok(scenario.reached(node, 'released') <= 8 * minute, 'it was asked for late');
    assert.equal(scenario.commandsFor(node), 1);
    assert.equal(scenario.done('SendTaskSuccess'), 2);
    scenario.undisturbed();
  }),

  'a failure without an event is asked for': on(
    async (scenario) => {
      lose(scenario, 'aws.ssm');
      const node = await scenario.launch();
      await scenario.settle();
      assert.equal(scenario.outcome(node), 'proof-failed');
      scenario.undisturbed();
    },
    ['not-sandboxed'],
  ),

  'a command that no row knows is found by its comment': on(async (scenario) => {
    lose(scenario, 'aws.ssm');
    let deaths = 1;
    scenario.world.cloud.faults = {
      afterCall: ({ operation }) => (operation === 'SendCommand' && deaths-- > 0 ? 'crash' : undefined),
    };
    const node = await scenario.launch();
    await scenario.pass(minute);
    // The message that waits for the command is not delivered again: it is a dead letter.
    for (const queue of scenario.world.services.sqs.all()) {
      if (queue.settings.name.includes('DispatchQueue-') && queue.redrive)
        queue.redrive = { ...queue.redrive, maxReceiveCount: 1 };
    }
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
    assert.equal(scenario.commandsFor(node), 1);
  }),

  'a command that still runs is not taken for one that ended': on(async (scenario) => {
    const { ssm } = scenario.world.services;
    lose(scenario, 'aws.ssm');
    const node = await scenario.launch();
    await scenario.pass(30_000);
    for (const { invocations } of ssm.commands()) for (const one of invocations) one.status = 'InProgress';
    await scenario.pass(8 * minute);
    assert.ok(scenario.done('ListCommandInvocations') > 1, 'no command was looked up');
    assert.equal(scenario.outcome(node), '');
    scenario.undisturbed();
  }),

  'a termination without an event ends the node': on(async (scenario) => {
    const { ec2, states } = scenario.world.services;
    const node = await scenario.launch({ agentAfterMs: undefined });
    await scenario.pass(30_000);
    lose(scenario, 'aws.ec2');
    ec2.terminate(node.instanceId);
    await scenario.pass(4 * minute);
    assert.deepEqual(scenario.timeline(node), ['Node Admitted', 'Launch Discarded']);
    assert.deepEqual(
      states.executions().map(({ status }) => status),
      ['ABORTED'],
    );
    scenario.undisturbed();
  }),

  'a stop without an event ends the earlier launch': on(async (scenario) => {
    const { ec2, ssm } = scenario.world.services;
    const node = await scenario.launch();
    await scenario.pass(25_100);
    ssm.agents.silence(node.instanceId);
    await scenario.pass(10_000);
    lose(scenario, 'aws.ec2');
    ec2.stop(node.instanceId);
    await scenario.pass(30_000);
    scenario.world.services.events.delivery = undefined;
    ec2.start(node.instanceId);
    node.comeUp();
    await scenario.pass(5 * minute);
    assert.deepEqual(
      ssm.commands().flatMap(({ invocations }) => invocations.map(({ status }) => status)),
      ['Cancelled', 'Success'],
    );
    assert.equal(scenario.timeline(node).filter((type) => type === 'Launch Discarded').length, 1);
  }),

  'a node whose execution was aborted gets its end': on(async (scenario) => {
    const node = await scenario.launch();
    await scenario.pass(20_000);
    for (const execution of scenario.world.services.states.executions()) execution.stop('Operator', 'by hand');
    await scenario.pass(45 * minute);
    assert.equal(scenario.outcome(node), 'deadline-passed');
    assert.equal(scenario.timeline(node).filter((type) => type === 'Node Quarantined').length, 1);
    assert.deepEqual(scenario.taints(node), ['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    scenario.undisturbed();
  }),

  'a node that hangs in its execution is ended': on(
    async (scenario) => {
      const { states } = scenario.world.services;
      // The ledger never answers the first execution.
      scenario.world.cloud.faults = {
        beforeCall: ({ operation, principal }) => {
          const first = principal.kind === 'role' && principal.sessionName.includes('-install-1-');
          return operation === 'UpdateItem' && first ? new Promise(() => {}) : undefined;
        },
      };
      const node = await scenario.launch();
      await scenario.pass(50 * minute);
      assert.equal(scenario.outcome(node), 'deadline-passed');
      assert.deepEqual(
        states.executions().map(({ status }) => status),
        ['ABORTED', 'FAILED'],
      );
      scenario.undisturbed();
    },
    ['not-sandboxed'],
  ),
} as const satisfies Readonly<Record<string, ScenarioRun>>;

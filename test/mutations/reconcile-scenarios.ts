import { strict as assert } from 'node:assert';
import { on, type Scenario, type Stage } from './stage.ts';

const released = ['Node Admitted', 'Command Sent', 'Node Proven', 'Node Released'];
const minute = 60_000;

/** Loses every event of an AWS service on its way to our queues. */
function lose({ world }: Stage, source: string): void {
  world.services.events.delivery = ({ event }) => (event.source === source ? [] : undefined);
}

/** What reconcile is there for, and what it must leave alone. */
export const reconcileScenarios = {
  'a launch that no event told of is found': on(async (stage) => {
    lose(stage, 'aws.ec2');
    const nodes = [await stage.launch(), await stage.launch()];
    await stage.settle();
    for (const node of nodes) {
      assert.deepEqual(stage.timeline(node), released);
      assert.ok(stage.reached(node, 'released') <= 8 * minute, 'it was found late');
    }
    assert.equal(stage.world.services.states.executions().length, 2);
    stage.undisturbed();
  }),

  'every page of the fleet is read': on(async (stage) => {
    const { ec2, states } = stage.world.services;
    // More instances with our tag than one page shows, of clusters that are not ours; the node comes last.
    for (let index = 0; index < 1_001; index++) {
      ec2.launch({ tags: { 'airlock:runtime': 'gvisor', 'eks:cluster-name': 'other' }, pendingMs: 0 });
    }
    lose(stage, 'aws.ec2');
    await stage.launch();
    await stage.pass(5 * minute);
    assert.equal(states.executions().length, 1);
  }),

  'an instance that was in service before it was tagged is left alone': on(async (stage) => {
    const { ec2, states } = stage.world.services;
    const node = await stage.launch({ gate: 'example.com/none-of-ours', tags: { 'airlock:runtime': 'no such' } });
    const { 'airlock:runtime': _, ...bare } = ec2.instance(node.instanceId).tags;
    ec2.retag(node.instanceId, bare);
    await stage.pass(30 * minute);
    ec2.retag(node.instanceId, { ...bare, 'airlock:runtime': 'gvisor' });
    await stage.pass(10 * minute);
    assert.equal(states.executions().length, 0);
    stage.undisturbed();
  }),

  'a result that no event told of is asked for': on(async (stage) => {
    lose(stage, 'aws.ssm');
    const node = await stage.launch();
    await stage.settle();
    assert.deepEqual(stage.timeline(node), released);
    assert.ok(stage.reached(node, 'released') <= 8 * minute, 'it was asked for late');
    assert.equal(stage.commandsFor(node), 1);
    assert.equal(stage.done('SendTaskSuccess'), 2);
    stage.undisturbed();
  }),

  'a failure that no event told of is asked for': on(
    async (stage) => {
      lose(stage, 'aws.ssm');
      const node = await stage.launch();
      await stage.settle();
      assert.equal(stage.outcome(node), 'proof-failed');
      stage.undisturbed();
    },
    ['not-sandboxed'],
  ),

  'a command that no row knows is found by its comment': on(async (stage) => {
    lose(stage, 'aws.ssm');
    let deaths = 1;
    stage.world.cloud.faults = {
      afterCall: ({ operation }) => (operation === 'SendCommand' && deaths-- > 0 ? 'crash' : undefined),
    };
    const node = await stage.launch();
    await stage.pass(minute);
    // The message that waits for the command does not come again: it is dead.
    for (const queue of stage.world.services.sqs.all()) {
      if (queue.settings.name.includes('DispatchQueue-') && queue.redrive)
        queue.redrive = { ...queue.redrive, maxReceiveCount: 1 };
    }
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
    assert.equal(stage.commandsFor(node), 1);
  }),

  'a command that still runs is not taken for one that ended': on(async (stage) => {
    const { ssm } = stage.world.services;
    lose(stage, 'aws.ssm');
    const node = await stage.launch();
    await stage.pass(30_000);
    for (const { invocations } of ssm.commands()) for (const one of invocations) one.status = 'InProgress';
    await stage.pass(8 * minute);
    assert.ok(stage.done('ListCommandInvocations') > 1, 'nobody asked');
    assert.equal(stage.outcome(node), '');
    stage.undisturbed();
  }),

  'a departure that no event told of ends the node': on(async (stage) => {
    const { ec2, states } = stage.world.services;
    const node = await stage.launch({ agentAfterMs: undefined });
    await stage.pass(30_000);
    lose(stage, 'aws.ec2');
    ec2.terminate(node.instanceId);
    await stage.pass(4 * minute);
    assert.deepEqual(stage.timeline(node), ['Node Admitted', 'Launch Discarded']);
    assert.deepEqual(
      states.executions().map(({ status }) => status),
      ['ABORTED'],
    );
    stage.undisturbed();
  }),

  'a stop that no event told of ends the launch before it': on(async (stage) => {
    const { ec2, ssm } = stage.world.services;
    const node = await stage.launch();
    await stage.pass(25_100);
    ssm.agents.silence(node.instanceId);
    await stage.pass(10_000);
    lose(stage, 'aws.ec2');
    ec2.stop(node.instanceId);
    await stage.pass(30_000);
    stage.world.services.events.delivery = undefined;
    ec2.start(node.instanceId);
    node.comeUp();
    await stage.pass(5 * minute);
    assert.deepEqual(
      ssm.commands().flatMap(({ invocations }) => invocations.map(({ status }) => status)),
      ['Cancelled', 'Success'],
    );
    assert.equal(stage.timeline(node).filter((type) => type === 'Launch Discarded').length, 1);
  }),

  'a node whose execution was aborted gets its end': on(async (stage) => {
    const node = await stage.launch();
    await stage.pass(20_000);
    for (const execution of stage.world.services.states.executions()) execution.stop('Operator', 'by hand');
    await stage.pass(45 * minute);
    assert.equal(stage.outcome(node), 'deadline-passed');
    assert.equal(stage.timeline(node).filter((type) => type === 'Node Quarantined').length, 1);
    assert.deepEqual(stage.taints(node), ['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    stage.undisturbed();
  }),

  'a node that hangs in its execution is ended': on(
    async (stage) => {
      const { states } = stage.world.services;
      // The ledger never answers the first execution.
      stage.world.cloud.faults = {
        beforeCall: ({ operation, principal }) => {
          const first = principal.kind === 'role' && principal.sessionName.includes('-install-1-');
          return operation === 'UpdateItem' && first ? new Promise(() => {}) : undefined;
        },
      };
      const node = await stage.launch();
      await stage.pass(50 * minute);
      assert.equal(stage.outcome(node), 'deadline-passed');
      assert.deepEqual(
        states.executions().map(({ status }) => status),
        ['ABORTED', 'FAILED'],
      );
      stage.undisturbed();
    },
    ['not-sandboxed'],
  ),
} as const satisfies Readonly<Record<string, Scenario>>;

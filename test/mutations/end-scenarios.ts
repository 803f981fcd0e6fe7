import { strict as assert } from 'node:assert';
import { terminationEvent } from '../../domain/events.ts';
import { Intruder, records } from '../attacks/intruder.ts';
import { endless } from '../scenarios/slow.ts';
import { on, onceAfter, type Scenario } from './stage.ts';

/** Ends that come from outside: the deadline, and an instance that goes away. */
export const endScenarios = {
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
      assert.ok(stage.logged('Cancellation'), 'cancellation wrote no log');
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
      assert.deepEqual(stage.timeline(node), ['Node Admitted', 'Command Sent', 'Launch Discarded']);
      assert.equal(stage.world.services.states.running, 0);
      // SSM refuses to cancel on an instance that shuts down; that it was asked is what needs the right.
      const asked = stage.world.cloud.journal.filter(({ operation }) => operation === 'CancelCommand');
      assert.deepEqual(
        asked.map(({ error }) => error),
        ['InvalidInstanceId'],
      );
      await stage.pass(30 * 60_000);
      assert.equal(stage.timeline(node).length, 3);
      assert.ok(stage.logged('Terminations'), 'gone wrote no log');
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
    assert.deepEqual(stage.timeline(node), ['Node Admitted', 'Launch Discarded']);
    assert.ok(stage.done('ChangeMessageVisibilityBatch') > 0, 'nobody waited');
    stage.undisturbed();
  }),

  'a departure that EC2 does not show ends nothing': on(async (stage) => {
    const { world } = stage;
    const node = await stage.launch();
    await stage.pass(30_000);
    const said = JSON.parse(terminationEvent(node.instanceId, 'terminated', new Date(stage.clock.now()).toISOString()));
    const attacker = new Intruder(world, ['lambda:InvokeFunction']);
    await attacker.invoke('Terminations', records(said));
    await stage.settle();
    assert.equal(stage.outcome(node), 'released');
  }),
} as const satisfies Readonly<Record<string, Scenario>>;

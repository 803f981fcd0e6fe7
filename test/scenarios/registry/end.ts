import { strict as assert } from 'node:assert';
import { terminationEvent } from '../../../domain/events.ts';
import { Intruder, records } from '../../attacks/intruder.ts';
import { endless } from '../slow.ts';
import { on, onceAfter, type ScenarioRun } from './scenario.ts';

/** Ends from outside: the deadline, and an instance that goes away. */
export const endScenarios = {
  'an installation that still runs at the deadline is cancelled and awaited': on(
    async (scenario) => {
      const node = await scenario.launch();
      await scenario.settle();
      const [invocation] = scenario.world.services.ssm.commands().flatMap(({ invocations }) => invocations);
      assert.equal(invocation?.status, 'Cancelled');
      assert.equal(scenario.outcome(node), 'deadline-passed');
      assert.ok(scenario.reached(node, 'quarantined') <= 20 * 60_000, 'after the deadline');
      assert.doesNotMatch(scenario.world.report(node).detail, /not ended|AccessDenied/);
      await scenario.pass(20 * 60_000);
      assert.equal(scenario.commandsFor(node), 1);
      assert.ok(scenario.logged('Cancellation'), 'cancellation wrote no log');
      scenario.undisturbed();
    },
    [],
    endless,
  ),

  'a command that was sent and not noted is found at the deadline, and cancelled': on(
    async (scenario) => {
      scenario.world.cloud.faults = onceAfter('SendCommand');
      // The message is delivered again after the visibility time-out of three minutes, when the time is up.
      const node = await scenario.launch({ agentAfterMs: 60_000, tags: { 'airlock:deadline-minutes': '5' } });
      await scenario.settle();
      const [invocation] = scenario.world.services.ssm.commands().flatMap(({ invocations }) => invocations);
      assert.equal(invocation?.status, 'Cancelled');
      assert.equal(scenario.outcome(node), 'deadline-passed');
      assert.equal(scenario.commandsFor(node), 1);
    },
    [],
    endless,
  ),

  'an instance that goes away ends at once': on(
    async (scenario) => {
      const node = await scenario.launch();
      await scenario.pass(60_000);
      scenario.world.services.ec2.terminate(node.instanceId);
      await scenario.pass(7_000);
      assert.deepEqual(scenario.timeline(node), ['Node Admitted', 'Command Sent', 'Launch Discarded']);
      assert.equal(scenario.world.services.states.running, 0);
      // SSM refuses to cancel on an instance that shuts down; the request itself needs the right.
      const asked = scenario.world.cloud.journal.filter(({ operation }) => operation === 'CancelCommand');
      assert.deepEqual(
        asked.map(({ error }) => error),
        ['InvalidInstanceId'],
      );
      await scenario.pass(30 * 60_000);
      assert.equal(scenario.timeline(node).length, 3);
      assert.ok(scenario.logged('Terminations'), 'gone wrote no log');
      scenario.undisturbed();
    },
    [],
    endless,
  ),

  'an end that is written and not told is waited for, and told': on(async (scenario) => {
    const node = await scenario.launch({ agentAfterMs: undefined });
    await scenario.pass(60_000);
    scenario.world.cloud.faults = onceAfter('StopExecution');
    scenario.world.services.ec2.terminate(node.instanceId);
    await scenario.pass(10 * 60_000);
    assert.deepEqual(scenario.timeline(node), ['Node Admitted', 'Launch Discarded']);
    assert.ok(scenario.done('ChangeMessageVisibilityBatch') > 0, 'nothing was deferred');
    scenario.undisturbed();
  }),

  'a departure that EC2 does not show ends nothing': on(async (scenario) => {
    const { world } = scenario;
    const node = await scenario.launch();
    await scenario.pass(30_000);
    const said = JSON.parse(
      terminationEvent(node.instanceId, 'terminated', new Date(scenario.clock.now()).toISOString()),
    );
    const attacker = new Intruder(world, ['lambda:InvokeFunction']);
    await attacker.invoke('Terminations', records(said));
    await scenario.settle();
    assert.equal(scenario.outcome(node), 'released');
  }),
} as const satisfies Readonly<Record<string, ScenarioRun>>;

import { strict as assert } from 'node:assert';
import { ModelledMachine } from '../../../packages/lab/machines.ts';
import type { LaunchedNode } from '../../../packages/lab/simulation.ts';
import { Cause } from '../cause.ts';
import { gate, on, type Scenario, type ScenarioRun } from './scenario.ts';

const minute = 60_000;

/** A node some minutes after its release, and its machine. */
async function releasedNode(scenario: Scenario): Promise<{ node: LaunchedNode; machine: ModelledMachine }> {
  const node = await scenario.launch();
  await scenario.settle();
  assert.equal(scenario.outcome(node), 'released');
  await scenario.pass(3 * minute);
  assert.ok(node.machine instanceof ModelledMachine);
  return { node, machine: node.machine };
}

/** The names of a node's executions, without the launch. */
function ways(scenario: Scenario, { instanceId }: LaunchedNode): readonly string[] {
  const names = scenario.world.services.states.executions().map(({ name }) => name);
  return names.filter((name) => name.startsWith(instanceId)).map((name) => name.split('-').slice(3, -1).join('-'));
}

/** Nodes with another run in the same launch. */
export const rerunScenarios = {
  'a released node with another kernel is re-verified, and nothing is installed': on(async (scenario) => {
    const { node, machine } = await releasedNode(scenario);
    machine.reboot('6.8.0-2000-aws');
    node.machineChanged();
    await scenario.pass(8 * minute);
    assert.equal(scenario.timeline(node).at(-1), 'Node Reverified');
    assert.deepEqual(ways(scenario, node), ['install-1', 'reverify-1']);
    const documents = scenario.world.services.ssm.commands().map(({ document }) => document.name.split('-')[2]);
    assert.deepEqual(documents.toSorted(), ['install', 'prove']);
    assert.deepEqual(scenario.taints(node), []);
    await scenario.pass(20 * minute);
    assert.equal(scenario.commandsFor(node), 2);
    scenario.undisturbed();
  }),

  'a released node that lost its runtime gets its gate back, and is not ended': on(
    async (scenario) => {
      const { node, machine } = await releasedNode(scenario);
      machine.loseRuntime();
      node.machineChanged();
      await scenario.pass(8 * minute);
      assert.equal(scenario.timeline(node).at(-1), 'Reverification Failed');
      assert.deepEqual(scenario.taints(node).toSorted(), [gate, 'airlock.dev/quarantined']);
      assert.equal(scenario.node(node).metadata.labels?.['node-restriction.kubernetes.io/airlock-runtime'], undefined);
      assert.equal(scenario.world.services.ec2.instance(node.instanceId).state, 'running');
      scenario.undisturbed();
    },
    [],
    undefined,
    { onFailure: 'replace' },
  ),

  'the result of a re-verification without an event is asked for': on(async (scenario) => {
    const { node, machine } = await releasedNode(scenario);
    scenario.world.services.events.delivery = ({ event }) => (event.source === 'aws.ssm' ? [] : undefined);
    machine.reboot('6.8.0-2000-aws');
    node.machineChanged();
    await scenario.pass(12 * minute);
    assert.equal(scenario.timeline(node).at(-1), 'Node Reverified');
    scenario.undisturbed();
  }),

  'a pool whose nodes are all held heals by itself, one node before the others': async (assembly) => {
    const cause = new Cause();
    await on(
      async (scenario) => {
        const nodes = [];
        for (let count = 0; count < 5; count++) {
          nodes.push(await scenario.launch());
          await scenario.settle();
        }
        const held = nodes.slice(2);
        for (const node of held) assert.equal(scenario.timeline(node).at(-1), 'Node Held');
        cause.fixed = true;
        const before = scenario.done('SendCommand');
        // The first of them has rested for five minutes, and no other is tried beside it.
        for (let waited = 0; waited < 40 && scenario.done('SendCommand') === before; waited++)
          await scenario.pass(minute / 4);
        assert.equal(held.filter((node) => ways(scenario, node).includes('retry-1')).length, 1);
        await scenario.pass(8 * minute);
        for (const node of held) {
          assert.equal(scenario.timeline(node).at(-1), 'Node Released');
          assert.deepEqual(ways(scenario, node), ['install-1', 'retry-1']);
        }
        const told = scenario.world.audit().map((event) => event['detail-type']);
        assert.equal(told.filter((type) => type === 'Breaker Closed').length, 1);
        scenario.undisturbed();
      },
      [],
      cause.machine,
    )(assembly);
  },
} as const satisfies Readonly<Record<string, ScenarioRun>>;

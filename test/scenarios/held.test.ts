import { describe, expect, it } from 'vitest';
import { breakers, closeBreaker } from '../../cli/breaker.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { Cause } from './cause.ts';
import { asOperator, withOperator } from './operator.ts';
import { commandsFor, launch, pass, settle, startSimulation, taintsOf, timeline, withPools } from './scenario.ts';

const minute = 60_000;

/** Two nodes that are quarantined, a third that opens the breaker, and as many more that are held. */
async function allFailed(world: Simulation, held: number) {
  const nodes = [];
  for (let count = 0; count < 2 + held; count++) {
    nodes.push(await launch(world));
    await settle(world);
  }
  const kept = nodes.slice(2);
  for (const node of kept) expect(timeline(world, node).at(-1)).toBe('Node Held');
  return kept;
}

/** How many of the nodes were sent a command within some time. */
async function triedWithin(world: Simulation, nodes: Parameters<typeof commandsFor>[1][], ms: number): Promise<number> {
  const before = nodes.map((node) => commandsFor(world, node));
  await pass(world, ms);
  return nodes.filter((node, at) => commandsFor(world, node) !== before[at]).length;
}

describe('a pool whose nodes are all held', () => {
  it('recovers once the cause is fixed: one node is tried and closes the breaker, and the others follow', async () => {
    const cause = new Cause();
    const world = await startSimulation([], cause.machine);
    const held = await allFailed(world, 3);
    cause.fixed = true;
    await pass(world, 25 * minute);

    for (const node of held) {
      expect(timeline(world, node).at(-1)).toBe('Node Released');
      expect(taintsOf(world, node)).toEqual([]);
    }
    const closed = world.audit().filter((event) => event['detail-type'] === 'Breaker Closed');
    expect(closed).toHaveLength(1);
    const names = world.services.states.executions().map(({ name }) => name);
    for (const { instanceId } of held)
      expect(
        names.filter((name) => name.startsWith(instanceId)).map((name) => name.split('-').slice(3, -1).join('-')),
      ).toEqual(['install-1', 'retry-1']);
  });

  it('is tried one node at a time while the cause exists, at growing intervals, and no node is terminated', async () => {
    const cause = new Cause();
    const world = await startSimulation([], cause.machine);
    const held = await allFailed(world, 3);
    await pass(world, 5 * minute);
    expect(await triedWithin(world, held, 2 * minute)).toBeLessThanOrEqual(1);
    const [first] = held;
    if (first === undefined) throw new Error('no node was held');
    const early = await commandsAfter(world, first, 60 * minute);
    const late = await commandsAfter(world, first, 60 * minute);
    expect(early).toBeGreaterThan(late);
    expect(late).toBeGreaterThan(0);
    for (const node of held) {
      expect(timeline(world, node).at(-1)).toBe('Node Held');
      expect(world.services.ec2.instance(node.instanceId).state).toBe('running');
    }
  });

  it("is judged by its pool's policy once an operator has closed the breaker", async () => {
    const cause = new Cause();
    const world = await startSimulation([], cause.machine, withPools({ onFailure: 'replace' }, await withOperator()));
    const [node] = await allFailed(world, 1);
    if (node === undefined) throw new Error('no node was held');
    await asOperator(world, async (reach) => {
      for (const breaker of await breakers(reach)) await closeBreaker(reach, breaker, new Date().toISOString());
    });
    await pass(world, 4 * minute);
    expect(timeline(world, node).at(-1)).toBe('Node Replaced');
    expect(world.services.ec2.instance(node.instanceId).state).toBe('terminated');
    await pass(world, 30 * minute);
    expect(timeline(world, node).at(-1)).toBe('Node Replaced');
  });
});

async function commandsAfter(world: Simulation, node: Parameters<typeof commandsFor>[1], ms: number): Promise<number> {
  const before = commandsFor(world, node);
  await pass(world, ms);
  return commandsFor(world, node) - before;
}

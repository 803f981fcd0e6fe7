import { describe, expect, it } from 'vitest';
import { type LaunchedNode, receiptIn, type Simulation } from '../../packages/lab/simulation.ts';
import { commandsFor, done, launch, pass, settle, startSimulation, taintsOf, timeline } from './scenario.ts';
import { endless } from './slow.ts';

const minutes = 60_000;

/** The only invocation of a run with one command. */
function invocation(world: Simulation) {
  const [one, ...others] = world.services.ssm.commands().flatMap(({ invocations }) => invocations);
  expect(others).toEqual([]);
  if (one === undefined) throw new Error('no command was sent');
  return one;
}

describe('an installation that still runs when its time is up', () => {
  it('is cancelled, and ends before the node is changed and before the deadline', async () => {
    const world = await startSimulation([], endless);
    const node = await launch(world);
    await settle(world);

    const receipt = receiptIn(world.timelineOf(node));
    expect(receipt?.outcome).toBe('deadline-passed');
    expect(done(world, 'CancelCommand')).toBe(1);
    const { status, endedAt = Number.NaN } = invocation(world);
    const ended = Date.parse(receipt?.endedAt ?? '');
    expect(status).toBe('Cancelled');
    expect(ended).toBeGreaterThanOrEqual(endedAt);
    expect(ended - node.launchedAt).toBeLessThanOrEqual(20 * minutes);
    expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    await pass(world, 60 * minutes);
    expect(commandsFor(world, node)).toBe(1);
  });

  it('under an agent that does not answer is left as it is in time, and the receipt states that its end was not seen', async () => {
    const world = await startSimulation([], endless);
    const node = await launch(world);
    await pass(world, 2 * minutes);
    world.services.ssm.agents.silence(node.instanceId);
    await settle(world);

    const receipt = receiptIn(world.timelineOf(node));
    expect(receipt?.outcome).toBe('deadline-passed');
    expect(receipt?.detail).toContain('was cancelled and has not ended');
    expect(Date.parse(receipt?.endedAt ?? '') - node.launchedAt).toBeLessThanOrEqual(20 * minutes);
  });
});

describe('a node receives', () => {
  it('the time that it has', async () => {
    const world = await startSimulation();
    const nodes = [await launch(world), await launch(world, { tags: { 'airlock:deadline-minutes': '6' } })];
    await settle(world);

    expect(nodes.map((node) => world.report(node).outcome)).toEqual(['released', 'released']);
    // Of 20 and 6 minutes, without the cleanup reserve and the time until the agent was online.
    const told = world.services.ssm.commands().flatMap(({ parameters }) => parameters['Seconds']);
    expect(told.toSorted()).toEqual(['1050', '240']);
  });
});

describe('the tag airlock:deadline-minutes', () => {
  it('gives one instance another deadline', async () => {
    const world = await startSimulation();
    const node = await launch(world, { agentAfterMs: undefined, tags: { 'airlock:deadline-minutes': '6' } });
    await settle(world);
    expect(world.report(node).outcome).toBe('agent-offline');
    expect(world.report(node).stages.at(-1)?.ms).toBeLessThanOrEqual(6 * minutes);
  });

  it('is ignored if it is no whole number from 5 to 120, and the audit trail reports it', async () => {
    const world = await startSimulation();
    const nodes = new Map<string, LaunchedNode>();
    for (const value of ['0', '4', '121', '6m', '6\n', ' 6', '06', '1e1'])
      nodes.set(value, await launch(world, { tags: { 'airlock:deadline-minutes': value } }));
    await settle(world);

    for (const [value, node] of nodes) {
      expect(world.report(node).outcome, value).toBe('released');
      const [admitted] = world.timelineOf(node);
      expect(admitted?.detail).toMatchObject({ ignored: expect.stringContaining(JSON.stringify(value)) });
      expect(timeline(world, node).at(-1)).toBe('Node Released');
    }
  });
});

import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import { roleWith } from './attacker.ts';
import { commandsFor, launch, pass, settle, startSimulation, timeline, withPools } from './scenario.ts';

const minute = 60_000;
const failing = async () => new ModelledMachine(['not-sandboxed']);

/** All tags that make an instance a node of a Karpenter pool. */
const tags = {
  'airlock:runtime': 'gvisor',
  'eks:eks-cluster-name': 'demo',
  'kubernetes.io/cluster/demo': 'owned',
  'karpenter.sh/nodepool': 'sandboxed',
};

/** Tags an instance with the attacker's only right. */
async function tag(
  world: Simulation,
  instanceId: string,
  added: Readonly<Record<string, string>> = tags,
): Promise<void> {
  await world.cloud.aws.call(roleWith(world, 'ec2:CreateTags'), 'ec2', 'CreateTags', {
    Resources: [instanceId],
    Tags: Object.entries(added).map(([Key, Value]) => ({ Key, Value })),
  });
}

/** What happened to an instance, and what Airlock did about it. */
function fate(world: Simulation, node: LaunchedNode) {
  return {
    state: world.services.ec2.instance(node.instanceId).state,
    timeline: timeline(world, node),
    commands: commandsFor(world, node),
  };
}

const untouched = { state: 'running', timeline: [], commands: 0 };

describe('a principal that may only create tags', () => {
  it.each([
    ["is no node: it has another service's profile", { instanceProfile: 'database' }],
    ['has no instance profile at all', { instanceProfile: undefined }],
    ['has a profile whose name ends like that of nodes', { instanceProfile: 'not-demo-nodes' }],
  ])('sends no command to an instance that %s, and does not get it terminated', async (_, change) => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world, { ...change, tags: {}, without: Object.keys(tags), pendingMs: 60_000 });
    await tag(world, node.instanceId);
    await pass(world, 60 * minute);
    expect(fate(world, node)).toEqual({ ...untouched, timeline: ['Launch Ignored'] });
  });

  it("does not get another pool's node admitted an hour after its launch", async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world, { gate: 'example.com/none', without: Object.keys(tags) });
    await pass(world, 60 * minute);
    await tag(world, node.instanceId);
    await pass(world, 60 * minute);
    expect(fate(world, node)).toEqual(untouched);
  });

  it('gets a gated node without an earlier tag installed late, and never terminated', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world, { without: Object.keys(tags) });
    await pass(world, 60 * minute);
    await tag(world, node.instanceId);
    await pass(world, 40 * minute);
    expect(fate(world, node)).toMatchObject({ state: 'running', commands: 1 });
    expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
    expect(world.report(node).detail).toContain('not replaced: its launch was found after its deadline');
  });

  it('gives no instance more time than its pool has', async () => {
    const world = await startSimulation();
    const node = await launch(world, { agentAfterMs: undefined, tags: { 'airlock:deadline-minutes': '120' } });
    await settle(world);
    const receipt = world.report(node);
    expect(receipt.outcome).toBe('agent-offline');
    expect(receipt.stages.at(-1)?.ms).toBeLessThanOrEqual(20 * minute);
    const admitted = world.timelineOf(node).find((event) => event['detail-type'] === 'Node Admitted');
    expect(JSON.stringify(admitted)).toContain('accepted: a whole number from 5 to 20');
  });
});

describe('a node that failed in a pool that replaces', () => {
  it('is left as it is once its instance has another profile', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world);
    await pass(world, 20_000);
    world.services.ec2.instance(node.instanceId).instanceProfile =
      'arn:aws:iam::123456789012:instance-profile/database';
    await settle(world);
    expect(fate(world, node)).toMatchObject({ state: 'running' });
    expect(world.report(node).detail).toContain('not replaced: it does not have the instance profile of a node');
  });

  it('is left as it is in a cluster whose instance profiles airlock.yaml does not name', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace', instanceProfiles: {} }));
    const node = await launch(world);
    await settle(world);
    expect(fate(world, node)).toMatchObject({ state: 'running' });
    expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
  });
});

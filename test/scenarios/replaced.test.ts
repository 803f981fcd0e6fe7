import { describe, expect, it } from 'vitest';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { type LaunchedNode, receiptIn, type Simulation } from '../../packages/lab/simulation.ts';
import { launch, nodeOf, pass, settle, startSimulation, taintsOf, timeline, withPools } from './scenario.ts';

const failing = async () => new ModelledMachine(['not-sandboxed']);
const working = async () => new ModelledMachine();
const minutes = 60_000;

/** The requested end of an instance, and its requester. */
function terminations(world: Simulation): readonly string[] {
  const wanted = ['TerminateInstances', 'CompleteLifecycleAction', 'TerminateInstanceInAutoScalingGroup'];
  return world.cloud.journal
    .filter(({ operation, error }) => wanted.includes(operation) && error === undefined)
    .map(({ operation, input }) => {
      const { LifecycleActionResult: result } = input as { LifecycleActionResult?: string };
      return result === undefined ? operation : `${operation} ${result}`;
    });
}

function state(world: Simulation, { instanceId }: LaunchedNode): string {
  return world.services.ec2.instance(instanceId).state;
}

/** A node of an Auto Scaling group, which is its pool. */
function groupNode(world: Simulation, group: string): Promise<LaunchedNode> {
  return launch(world, {
    tags: { 'aws:autoscaling:groupName': group },
    without: ['karpenter.sh/nodepool', 'eks:eks-cluster-name'],
  });
}

describe('a node that failed in a pool that replaces', () => {
  it('is terminated, and ends as replaced, with its outcome', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world);
    await settle(world);
    expect(world.report(node).outcome).toBe('proof-failed');
    expect(terminations(world)).toEqual(['TerminateInstances']);
    expect(timeline(world, node).at(-1)).toBe('Node Replaced');
    await pass(world, 30 * minutes);
    expect(timeline(world, node).filter((type) => /Replaced|Quarantined|Discarded/.test(type))).toEqual([
      'Node Replaced',
    ]);
    expect(state(world, node)).toBe('terminated');
  });

  it('is kept if a substitute would end the same way', async () => {
    const world = await startSimulation([], working, withPools({ onFailure: 'replace' }));
    const node = await launch(world, { agentVersion: '3.3.2745.0' });
    await settle(world);
    expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
    expect(terminations(world)).toEqual([]);
  });

  it('is not waited for if it has not joined, and is replaced before its deadline', async () => {
    const world = await startSimulation([], working, withPools({ onFailure: 'replace' }));
    const node = await launch(world, { agentAfterMs: undefined, joinAfterMs: undefined });
    await settle(world);
    const receipt = receiptIn(world.timelineOf(node));
    expect(receipt?.outcome).toBe('agent-offline');
    expect(receipt?.gate).toBe('no-node');
    expect(Date.parse(receipt?.endedAt ?? '') - node.launchedAt).toBeLessThanOrEqual(20 * minutes);
    expect(terminations(world)).toEqual(['TerminateInstances']);
  });

  it('is kept if its gate was lifted in this launch, because pods may run on it', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world, { joinAfterMs: 5_000 });
    await pass(world, 20_000);
    const stranger = nodeOf(world, node);
    world.clusters.get('demo')?.apply({
      ...stranger,
      spec: { ...stranger.spec, taints: [] },
    });
    await settle(world);
    expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
    expect(world.report(node).detail).toContain('not replaced: its gate had been lifted in this launch');
    expect(terminations(world)).toEqual([]);
    expect(taintsOf(world, node)).toContain('airlock.dev/bootstrap');
  });

  it('is kept if it lost our tag', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world);
    world.cloud.faults = {
      afterCall: ({ operation }) => {
        if (operation === 'SendCommand') world.services.ec2.retag(node.instanceId, { 'eks:cluster-name': 'demo' });
        return undefined;
      },
    };
    await settle(world);
    expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
    expect(world.report(node).detail).toContain('not replaced: it has no tag airlock:runtime');
    expect(terminations(world)).toEqual([]);
  });

  it('is kept if the cluster does not report whether its gate was lifted', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    const node = await launch(world);
    for (const { faults } of world.clusters.values()) faults.plant(({ aws }) => aws, { kind: 'status', code: 403 });
    await settle(world);
    expect(terminations(world)).toEqual([]);
    expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
  });
});

describe('a pool that replaces once', () => {
  it('has its first failure replaced, and keeps the second', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace-then-quarantine' }));
    const first = await launch(world);
    await settle(world);
    const second = await launch(world);
    await settle(world);
    expect(timeline(world, first).at(-1)).toBe('Node Replaced');
    expect(timeline(world, second).at(-1)).toBe('Node Quarantined');
  });
});

describe('a pool that is an Auto Scaling group', () => {
  it('terminates its own instance, and keeps its capacity', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    let launched = 0;
    world.services.autoScaling.addGroup({
      name: 'builders',
      tags: { 'airlock:runtime': 'gvisor' },
      launch: () => launched++,
    });
    const node = await groupNode(world, 'builders');
    await settle(world);
    await pass(world, 5 * minutes);
    expect(terminations(world)).toEqual(['TerminateInstanceInAutoScalingGroup']);
    expect(timeline(world, node).at(-1)).toBe('Node Replaced');
    expect(launched).toBe(1);
  });

  it('is not changed if the group itself lacks our tag: the node is kept, and its receipt states so', async () => {
    const world = await startSimulation([], failing, withPools({ onFailure: 'replace' }));
    world.services.autoScaling.addGroup({ name: 'builders', tags: {} });
    const node = await groupNode(world, 'builders');
    await settle(world);
    expect(state(world, node)).toBe('running');
    expect(timeline(world, node).at(-1)).toBe('Node Quarantined');
    expect(world.report(node).detail).toContain('not replaced: AccessDenied');
  });
});

describe('a launch hook that airlock.yaml names for the pool', () => {
  const hook = { name: 'airlock', heartbeatSeconds: 3_600, defaultResult: 'ABANDON' } as const;
  const pools = [{ name: 'builders', launchHook: 'airlock' }];
  const group = { name: 'builders', tags: { 'airlock:runtime': 'gvisor' }, hook };

  it('is completed with CONTINUE by a release, within eight transitions', async () => {
    const world = await startSimulation([], working, withPools({ pools }));
    world.services.autoScaling.addGroup(group);
    const node = await groupNode(world, 'builders');
    await pass(world, 20_000);
    expect(world.services.autoScaling.lifecycleOf(node.instanceId)).toBe('Pending:Wait');
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    expect(terminations(world)).toEqual(['CompleteLifecycleAction CONTINUE']);
    expect(world.services.autoScaling.lifecycleOf(node.instanceId)).toBe('InService');
    expect(world.report(node).transitions).toBeLessThanOrEqual(8);
  });

  it('is completed with ABANDON by a final failure, and the group launches another', async () => {
    const world = await startSimulation([], failing, withPools({ pools }));
    let launched = 0;
    world.services.autoScaling.addGroup({ ...group, launch: () => launched++ });
    const node = await groupNode(world, 'builders');
    await settle(world);
    expect(terminations(world)).toEqual(['CompleteLifecycleAction ABANDON']);
    expect(timeline(world, node).at(-1)).toBe('Node Replaced');
    expect(launched).toBe(1);
  });

  it('is completed with CONTINUE for a node that is kept: the gate holds off pods, and nothing removes it', async () => {
    const kept = [{ name: 'builders', launchHook: 'airlock', onFailure: 'quarantine' as const }];
    const world = await startSimulation([], failing, withPools({ pools: kept }));
    world.services.autoScaling.addGroup(group);
    const node = await groupNode(world, 'builders');
    await settle(world);
    await pass(world, 120 * minutes);
    expect(terminations(world)).toEqual(['CompleteLifecycleAction CONTINUE']);
    expect(state(world, node)).toBe('running');
  });

  it('is the only one completed: another hook of the same group takes its own course', async () => {
    const world = await startSimulation([], working, withPools({ pools }));
    world.services.autoScaling.addGroup({ ...group, hook: { ...hook, name: 'eks-own', defaultResult: 'CONTINUE' } });
    const node = await groupNode(world, 'builders');
    await settle(world);
    expect(world.report(node).outcome).toBe('released');
    expect(terminations(world)).toEqual([]);
    expect(world.services.autoScaling.lifecycleOf(node.instanceId)).toBe('Pending:Wait');
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plant } from '../../packages/lab/faults.ts';
import { SimulatedMachine } from '../../packages/lab/machines.ts';
import { karpenterNode } from '../../packages/lab/simulation.ts';
import {
  cluster,
  commandsFor,
  gate,
  launch,
  nodeOf,
  pass,
  settle,
  startSimulation,
  taintsOf,
  timeline,
  withShell,
} from './scenario.ts';

describe('a proof that reports a container outside gVisor', () => {
  it('keeps the gate, restores the old configuration, and is reported on the node', async () => {
    const world = await startSimulation([], await withShell(['not-sandboxed']));
    const node = await launch(world);
    const { machine } = node;
    if (!(machine instanceof SimulatedMachine)) throw new Error('this test reads the tree of a simulated machine');
    const configuration = machine.tree + machine.config;
    const before = readFileSync(configuration, 'utf8');
    await settle(world);

    expect(world.report(node).outcome).toBe('proof-failed');
    expect(readFileSync(configuration, 'utf8')).toBe(before);
    expect(machine.running().handlers).not.toContain('runsc');
    expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    const { metadata } = nodeOf(world, node);
    expect(metadata.labels).not.toHaveProperty('node-restriction.kubernetes.io/airlock-runtime');
    expect(metadata.annotations?.['airlock.dev/receipt']).toContain('proof-failed');
    expect(world.clusters.get(cluster)?.events()).toMatchObject([{ type: 'Warning', reason: 'AirlockQuarantined' }]);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Command Sent', 'Installation Failed', 'Node Quarantined']);
  });
});

describe('a pod that does not run although the handler is listed and the proof on the host passed', () => {
  it("keeps the gate, and the receipt holds the kubelet's message", async () => {
    const world = await startSimulation();
    const node = await world.launch(plant(['pods-fail'], world, karpenterNode(cluster, gate)));
    await settle(world);

    const { outcome, detail } = world.report(node);
    expect(outcome).toBe('proof-pod-failed');
    expect(detail).toContain('FailedCreatePodSandBox');
    expect(taintsOf(world, node)).toEqual(['airlock.dev/bootstrap', 'airlock.dev/quarantined']);
    expect(timeline(world, node)).toEqual(['Node Admitted', 'Command Sent', 'Node Proven', 'Node Quarantined']);
    await pass(world, 5_000);
    expect(world.clusters.get(cluster)?.pods()).toEqual([]);
  });
});

describe('a retryable outcome', () => {
  it('is retried, and the node is released once the download site recovers', async () => {
    const world = await startSimulation(['download-404']);
    const node = await launch(world);
    await settle(world);

    expect(world.report(node).outcome).toBe('download-failed');
    expect(commandsFor(world, node)).toBe(3);
    expect(taintsOf(world, node)).toContain(gate);
  });
});

describe('an agent', () => {
  it('that is too old gets no command', async () => {
    const world = await startSimulation();
    const node = await world.launch(plant(['agent-old'], world, karpenterNode(cluster, gate)));
    await settle(world);
    expect(world.report(node).outcome).toBe('agent-too-old');
    expect(commandsFor(world, node)).toBe(0);
    expect(nodeOf(world, node).metadata.annotations?.['airlock.dev/receipt']).toContain('agent-too-old');
  });
});

describe('a cluster', () => {
  it('that forbids every change ends as cluster-forbidden, and the gate stays', async () => {
    const world = await startSimulation();
    const node = await world.launch(plant(['cluster-forbids'], world, karpenterNode(cluster, gate)));
    await settle(world);
    expect(world.report(node).outcome).toBe('cluster-forbidden');
    await pass(world, 60_000);
    expect(taintsOf(world, node)).toEqual([gate]);
  });

  it('that the node never joins ends as node-never-joined by the deadline', async () => {
    const world = await startSimulation();
    const node = await world.launch(plant(['node-never-joins'], world, karpenterNode(cluster, gate)));
    await settle(world);
    const { outcome, stages } = world.report(node);
    expect(outcome).toBe('node-never-joined');
    expect(stages.at(-1)?.ms).toBeLessThanOrEqual(21 * 60_000);
  });
});

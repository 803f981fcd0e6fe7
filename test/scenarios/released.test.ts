import { describe, expect, it } from 'vitest';
import { receiptIn } from '../../packages/lab/simulation.ts';
import { latency } from '../scale/latency.ts';
import {
  commandsFor,
  done,
  launch,
  nodeOf,
  settle,
  startSimulation,
  taintsOf,
  withoutReconcile,
  withShell,
} from './scenario.ts';

describe('a tagged launch', () => {
  it('is released, with a complete receipt and an audit trail in order', async () => {
    const world = await startSimulation([], await withShell());
    const node = await launch(world);
    await settle(world);

    const receipt = receiptIn(world.timelineOf(node));
    expect(receipt).toMatchObject({
      version: 2,
      instanceId: node.instanceId,
      launchedAt: new Date(node.launchedAt).toISOString(),
      cluster: 'demo',
      outcome: 'released',
      installation: {
        runtime: 'gvisor',
        version: '20260928.0',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        handler: 'runsc',
        host: { os: 'ubuntu 24.04', containerd: '2.2.1', configVersion: 2 },
        phases: { fetch: expect.any(Number), restart: expect.any(Number), proof: expect.any(Number) },
        document: expect.stringMatching(/^airlock-gvisor-install-[0-9a-f]{12}$/),
        commandId: expect.any(String),
        restarts: 1,
      },
    });
    expect(world.timelineOf(node).map((event) => event['detail-type'])).toEqual([
      'Node Admitted',
      'Command Sent',
      'Node Proven',
      'Proof Pod Ran',
      'Node Released',
    ]);

    const { metadata } = nodeOf(world, node);
    expect(JSON.parse(metadata.annotations?.['airlock.dev/receipt'] ?? '')).toEqual(receipt);
    expect(metadata.labels).toMatchObject({ 'node-restriction.kubernetes.io/airlock-runtime': 'gvisor' });
    expect(taintsOf(world, node)).toEqual([]);
    expect(world.report(node).transitions).toBeLessThanOrEqual(8);
  });

  it.each([0, 30_000, 600_000])(
    'is released when its agent comes online %i ms after the launch, and gets one command',
    async (agentAfterMs) => {
      const world = await startSimulation();
      const node = await launch(world, { agentAfterMs });
      await settle(world);

      expect(world.report(node).outcome).toBe('released');
      expect(commandsFor(world, node)).toBe(1);
    },
  );

  it('is admitted seconds after EC2 shows its instance, if the event arrived earlier', async () => {
    const world = await startSimulation();
    withoutReconcile(world);
    const node = await launch(world, { pendingMs: 8_000, unseenMs: 25_000 });
    await settle(world);

    const [start] = world.cloud.journal.filter(({ operation }) => operation === 'StartExecution');
    expect((start?.at ?? 0) - node.launchedAt).toBeGreaterThanOrEqual(25_000);
    expect((start?.at ?? 0) - node.launchedAt).toBeLessThanOrEqual(35_000);
    expect(world.report(node).outcome).toBe('released');
  });

  it('is dispatched within ten seconds when it is alone and online', async () => {
    const world = await startSimulation();
    const node = await launch(world, { agentAfterMs: 0, pendingMs: 0 });
    await settle(world);

    const [sent] = world.services.ssm.commands();
    expect((sent?.requestedAt ?? 0) - node.launchedAt).toBeLessThanOrEqual(10_000);
  });
});

describe('a node that requests a runtime', () => {
  it.each([
    ['gvisor', 'runsc', 'Starting gVisor'],
    ['kata', 'kata-qemu', 'boot'],
    ['sysbox', 'sysbox-runc', 'root inside is user'],
  ])("gets %s under the handler %s, and the receipt holds its sandbox's answer", async (runtime, handler, said) => {
    const world = await startSimulation([], await withShell());
    const node = await launch(world, { runtimeLabel: runtime, tags: { 'airlock:runtime': runtime } });
    await settle(world);

    expect(receiptIn(world.timelineOf(node))).toMatchObject({
      outcome: 'released',
      installation: { runtime, handler, evidence: expect.stringContaining(said) },
    });
    expect(nodeOf(world, node).metadata.labels).toMatchObject({
      'node-restriction.kubernetes.io/airlock-runtime': runtime,
    });
    expect(taintsOf(world, node)).toEqual([]);
  });
});

describe('a pool', () => {
  it('shares its commands, and each node has its own receipt', async () => {
    const world = await startSimulation();
    world.cloud.faults = latency(world.clock);
    const nodes = await Promise.all(Array.from({ length: 6 }, () => launch(world)));
    await settle(world);

    expect(nodes.map((node) => world.report(node).outcome)).toEqual(Array(6).fill('released'));
    expect(done(world, 'SendCommand')).toBeLessThan(6);
    expect(nodes.map((node) => commandsFor(world, node))).toEqual(Array(6).fill(1));
  });
});

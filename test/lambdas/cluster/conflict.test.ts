import { afterEach, beforeEach, expect, it } from 'vitest';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import { gate, World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

const patches = ({ verb, aws }: { verb: string; aws: boolean }) => verb === 'patch' && aws;
const write = (operations: readonly unknown[]) =>
  ask(world.cluster.admin, 'PATCH', `/api/v1/nodes/${world.node.nodeName}`, operations);

it('fifty other writers between our read and our patch do not disturb it, and their changes survive', async () => {
  await world.join();
  const run = async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        write([{ op: 'add', path: `/metadata/labels/writer-${index}`, value: 'x' }]),
      ),
    );
  };
  world.cluster.api.faults.plant(patches, { kind: 'meanwhile', run }, 1);

  const { receipt } = await world.release();

  const labels = Object.keys((await world.read()).metadata.labels ?? {}).filter((key) => key.startsWith('writer-'));
  expect(receipt?.outcome).toBe('released');
  expect(labels.length).toBe(50);
  expect(world.count('patch nodes')).toBe(1);
});

it('a taint that appears or disappears before ours makes the patch fail, and the next patch hits the right index', async () => {
  await world.join({ taints: [{ key: 'first', effect: 'NoSchedule' }, gate] });
  const run = () => write([{ op: 'remove', path: '/spec/taints/0' }]).then(() => undefined);
  world.cluster.api.faults.plant(patches, { kind: 'meanwhile', run }, 1);

  const { receipt } = await world.release();

  expect(receipt?.outcome).toBe('released');
  expect(await world.taints()).toEqual([]);
  expect(world.count('patch nodes')).toBe(2);
});

it('a Node that is deleted and created again between our read and our patch is read again before it is written', async () => {
  await world.join();
  const run = async () => {
    const { metadata, spec } = await world.read();
    await world.controllers.instanceGone(world.node.nodeName);
    await ask(world.cluster.admin, 'POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: metadata.name, labels: metadata.labels, annotations: metadata.annotations },
      spec,
    });
  };
  world.cluster.api.faults.plant(patches, { kind: 'meanwhile', run }, 1);

  const { error } = await world.release();

  expect(error?.message).toMatch(/^node-never-joined: the Node ip-10-0-0-1 reports no boot yet/);
  expect(await world.taints()).toContain('airlock.dev/bootstrap:NoSchedule');
});

it('a release that lands during a quarantine is closed: the failure came after it', async () => {
  await world.join();
  let released: Promise<unknown> | undefined;
  const run = async () => {
    const now = world.cluster.clock.now();
    released = write([
      { op: 'add', path: '/metadata/annotations', value: { 'airlock.dev/receipt': JSON.stringify(receiptOf(now)) } },
      { op: 'add', path: '/metadata/labels/node-restriction.kubernetes.io~1airlock-runtime', value: 'gvisor' },
      { op: 'add', path: '/spec/taints', value: [] },
    ]);
    await released;
  };
  world.cluster.api.faults.plant(patches, { kind: 'meanwhile', run }, 1);

  const { receipt } = await world.quarantine();

  expect(receipt).toMatchObject({ outcome: 'proof-failed', gate: 'returned' });
  expect(await world.taints()).toEqual(['airlock.dev/bootstrap:NoSchedule', 'airlock.dev/quarantined:NoSchedule']);
});

it('a writer that always wins does not block the function forever', async () => {
  await world.join();
  let turn = 0;
  const run = () =>
    write([{ op: 'add', path: '/spec/taints/0', value: { key: `turn-${turn++}`, effect: 'NoSchedule' } }]).then(
      () => undefined,
    );
  world.cluster.api.faults.plant(patches, { kind: 'meanwhile', run });

  const { error } = await world.release();

  expect(error?.message).toMatch(/^deadline-passed: the Node changed while it was written: HTTP 422: /);
  expect(world.count('patch nodes')).toBeLessThanOrEqual(10);
});

function receiptOf(now: number) {
  return {
    version: 2,
    instanceId: world.node.instanceId,
    launchedAt: new Date(world.launchedAt).toISOString(),
    cluster: 'prod-1',
    pool: 'sandboxes',
    nodeName: world.node.nodeName,
    outcome: 'released',
    detail: '',
    endedAt: new Date(now).toISOString(),
    totalMs: now - world.launchedAt,
  };
}

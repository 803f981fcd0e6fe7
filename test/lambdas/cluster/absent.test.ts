import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StandInCluster } from '../../kubernetes/cluster.ts';
import { gate, World } from './world.ts';

let world: World<StandInCluster>;
beforeEach(async () => {
  world = await World.onStandIn();
});
afterEach(() => world.stop());

const marked = [`${gate.key}:NoSchedule`, 'airlock.dev/quarantined:NoSchedule'];

it('a node that is not Ready, or does not list the handler, is quarantined without waiting', async () => {
  const kubelet = await world.join();
  await kubelet.setReady(false);
  const before = world.cluster.clock.now();

  await world.quarantine();

  expect(await world.taints()).toEqual(marked);
  expect(world.cluster.clock.now()).toBe(before);
});

it('a node that has not joined yet is waited for, so that it gets an explanation', async () => {
  const early = await world.quarantine('unknown-runtime', 'tag airlock:runtime is "gvisr"');
  expect(early.error).toMatchObject({ name: 'RetryLater', message: expect.stringContaining('node-never-joined') });

  await world.join();
  const { receipt } = await world.quarantine('unknown-runtime', 'tag airlock:runtime is "gvisr"');
  expect(receipt?.outcome).toBe('unknown-runtime');
  expect(await world.taints()).toEqual([`${gate.key}:NoSchedule`, 'airlock.dev/quarantined:NoSchedule']);
});

it('a node that never joined gets its receipt at the deadline, which states that nothing could be marked', async () => {
  await world.pass(90_000);
  const { receipt } = await world.quarantine('agent-offline', '', 2);

  expect(receipt?.outcome).toBe('agent-offline');
  expect(receipt?.detail).toMatch(/^no Node was marked: the cluster has no Node ip-10-0-0-1, and none has aws:\/\/\//);
});

import { afterEach, beforeEach, expect, it } from 'vitest';
import { gate, World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

const marked = ['airlock.dev/bootstrap:NoSchedule', 'airlock.dev/quarantined:NoSchedule'];

it('the gate stays, the node is marked, and an Event states what happened and what to do', async () => {
  await world.join();

  const { receipt } = await world.quarantine('proof-failed', 'the sandbox said Linux');

  expect(receipt).toMatchObject({ outcome: 'proof-failed', detail: 'the sandbox said Linux' });
  expect(receipt).not.toHaveProperty('installation');
  expect(await world.receipt()).toEqual(receipt);
  expect(await world.taints()).toEqual(marked);
  expect((await world.read()).metadata.labels?.['airlock.dev/state']).toBe('quarantined');
  const [event] = await world.cluster.api.events();
  expect(event).toMatchObject({ type: 'Warning', reason: 'AirlockQuarantined' });
  expect(event?.message).toMatch(/^proof-failed: .* the sandbox said Linux\. What to do: /);
  expect(world.ends).toEqual([receipt]);
});

it('a gate that was lifted without a proof is restored, and the receipt states so', async () => {
  await world.join();
  await world.controllers.change(world.node.nodeName, () => [{ op: 'remove', path: '/spec/taints' }]);

  const { receipt } = await world.quarantine();

  expect(await world.taints()).toEqual(marked);
  expect(receipt?.detail).toContain('had been lifted without a proof and was restored');
});

it('while the breaker is open the node is not marked for replacement, so no substitute is launched; once it is closed it is', async () => {
  await world.join();
  await world.controllers.change(world.node.nodeName, () => [{ op: 'remove', path: '/spec/taints' }]);

  const open = await world.quarantine('proof-failed', '', 15, true);
  const taints = await world.taints();
  const again = await world.quarantine('proof-failed', '', 15, true);
  await world.quarantine('proof-failed', '', 15, false);

  expect(taints).toEqual(['airlock.dev/bootstrap:NoSchedule']);
  expect((await world.read()).metadata.labels?.['airlock.dev/state']).toBe('quarantined');
  expect(open.receipt?.gate).toBe('put-back');
  expect(again.receipt?.gate).toBe('put-back');
  expect(await world.taints()).toEqual(marked);
});

it('a node that failed after its release is closed: after a failure nothing ends as released', async () => {
  await world.join();
  await world.release();

  const { receipt } = await world.quarantine('deadline-passed');

  expect(receipt).toMatchObject({ outcome: 'deadline-passed', gate: 'returned' });
  expect(await world.taints()).toEqual(marked);
  expect((await world.read()).metadata.labels).not.toHaveProperty('node-restriction.kubernetes.io/airlock-runtime');
});

it('a receipt that a kubelet wrote does not protect a node from quarantine', async () => {
  await world.join();
  await world.release();
  await world.controllers.change(world.node.nodeName, () => [
    { op: 'remove', path: '/metadata/labels/node-restriction.kubernetes.io~1airlock-runtime' },
    { op: 'add', path: '/spec/taints', value: [gate] },
  ]);

  expect((await world.quarantine()).receipt?.outcome).toBe('proof-failed');
});

it('the second quarantine reports how the first one found the gate', async () => {
  await world.join();
  await world.controllers.change(world.node.nodeName, () => [{ op: 'remove', path: '/spec/taints' }]);
  await world.quarantine();

  const { receipt } = await world.quarantine();

  expect(receipt?.gate).toBe('put-back');
  expect(await world.taints()).toEqual(marked);
});

it('a quarantined node that is proven after all is released, and both taints are removed', async () => {
  await world.join();
  await world.quarantine();

  const { receipt } = await world.release();

  expect(receipt?.outcome).toBe('released');
  expect(await world.taints()).toEqual([]);
});

it('an instance that is gone needs no request at all', async () => {
  const { receipt } = await world.quarantine('instance-gone', 'terminated');

  expect(receipt?.outcome).toBe('instance-gone');
  expect(world.cluster.api.counts.size).toBe(0);
});

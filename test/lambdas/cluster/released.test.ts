import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gate, runc, World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

const proven = 'node-restriction.kubernetes.io/airlock-runtime';

describe('a node that is proven, ready and serving', () => {
  it('gets its labels and its receipt, loses only its gate, and has an Event', async () => {
    await world.join({
      taints: [{ key: 'team', value: 'a', effect: 'NoSchedule' }, gate, { key: 'b', effect: 'NoExecute' }],
    });

    const { receipt } = await world.release();

    expect(receipt).toMatchObject({
      outcome: 'released',
      totalMs: expect.any(Number),
      nodeName: world.node.nodeName,
      detail: '',
    });
    expect(await world.receipt()).toEqual(receipt);
    expect(await world.taints()).toEqual(['team:NoSchedule', 'b:NoExecute']);
    expect((await world.read()).metadata.labels).toMatchObject({ [proven]: 'gvisor', 'airlock.dev/state': 'released' });
    const events = await world.cluster.api.events();
    // A real API server reports its own start there, too.
    expect(events.filter(({ reason }) => reason?.startsWith('Airlock'))).toMatchObject([
      { type: 'Normal', reason: 'AirlockReleased', involvedObject: { kind: 'Node', name: world.node.nodeName } },
    ]);
    expect(world.ends).toEqual([receipt]);
    expect(world.warnings).toEqual([]);
    expect(world.cluster.api.refusals).toEqual([]);
  });

  it('costs one list and one watch of Nodes, one patch and one Event', async () => {
    await world.join();

    await world.release();

    expect([...world.cluster.api.counts]).toEqual([
      ['kubernetes:list nodes', 1],
      ['kubernetes:watch nodes', 1],
      ['kubernetes:patch nodes', 1],
      ['kubernetes:create events', 1],
    ]);
  });

  it('whose gate was restored is released again: its release label is removed first, as the policies require', async () => {
    await world.join();
    await world.release();
    await world.controllers.change(world.node.nodeName, ({ spec }) => [
      { op: 'add', path: '/spec/taints', value: [...(spec?.taints ?? []), gate] },
    ]);
    await world.pass(1_000);

    world.askedAt = world.cluster.clock.now();
    await world.pass(12_000);
    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(await world.taints()).toEqual([]);
    expect(world.count('patch nodes')).toBe(3);
    expect((await world.read()).metadata.labels).toMatchObject({ [proven]: 'gvisor' });
  });

  it('reports already-installed if the release was found on the node', async () => {
    await world.join();

    expect((await world.release({ installed: 'already-installed' })).receipt?.outcome).toBe('already-installed');
  });

  it("also gets the label that Sysbox's manifests select, if that is its runtime", async () => {
    world.handlers = [{ ...runc, name: 'sysbox-runc' }];
    await world.join({ runtime: 'sysbox' });

    await world.release({ runtime: 'sysbox', handler: 'sysbox-runc' });

    expect((await world.read()).metadata.labels).toMatchObject({ 'sysbox-runtime': 'running', [proven]: 'sysbox' });
  });

  it("is proven again by a repeated call: the Node's content is not a proof", async () => {
    await world.join();
    world.proof = 'pod';
    world.askedAt = world.cluster.clock.now();
    const first = await world.release();
    await world.pass(12_000);

    const second = await world.release();

    expect(first.receipt?.outcome).toBe('released');
    expect(second.receipt?.outcome).toBe('released');
    expect(second.receipt?.detail).toBe('');
    expect(world.count('create pods')).toBe(2);
    expect(await world.taints()).toEqual([]);
  });

  it('that was released and then gated by another client is released again', async () => {
    await world.join();
    await world.release();
    await world.controllers.change(world.node.nodeName, () => [{ op: 'add', path: '/spec/taints', value: [gate] }]);
    world.askedAt = world.cluster.clock.now();
    await world.pass(12_000);

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(await world.taints()).toEqual([]);
  });

  it('that has no gate is labelled anyway, and the receipt states so', async () => {
    await world.join({ taints: [] });

    const { receipt } = await world.release();

    expect(receipt?.detail).toBe('the gate airlock.dev/bootstrap was not on the Node when it was released');
    expect((await world.read()).metadata.labels?.[proven]).toBe('gvisor');
  });

  it('with a receipt that a kubelet wrote is released by our patch, not by that receipt', async () => {
    await world.join({ taints: [] });
    await world.release();
    const text = JSON.stringify(await world.receipt());
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'remove', path: `/metadata/labels/${proven.replace('/', '~1')}` },
      { op: 'add', path: '/metadata/annotations/airlock.dev~1receipt', value: text },
    ]);
    await world.pass(1_000);

    await world.release();

    expect(world.count('patch nodes')).toBe(2);
    expect((await world.read()).metadata.labels?.[proven]).toBe('gvisor');
  });

  it('stays released if the API rejects the Event', async () => {
    await world.join();
    world.cluster.api.faults.plant(({ resource }) => resource === 'events', { kind: 'status', code: 403 });

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(await world.taints()).toEqual([]);
    expect(world.warnings).toEqual(['the Event could not be created']);
  });
});

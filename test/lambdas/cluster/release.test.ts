import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gate, runc, runsc, World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.stop());

const proven = 'node-restriction.kubernetes.io/airlock-runtime';

describe('a node that is proven, ready and serving', () => {
  test('gets its labels and its receipt, loses its gate alone, and an Event tells of it', async () => {
    await world.join({
      taints: [{ key: 'team', value: 'a', effect: 'NoSchedule' }, gate, { key: 'b', effect: 'NoExecute' }],
    });

    const { receipt } = await world.release();

    expect(receipt).toMatchObject({ outcome: 'released', totalMs: 10_000, nodeName: world.node.nodeName, detail: '' });
    expect(world.receipt()).toEqual(receipt);
    expect(world.taints()).toEqual(['team:NoSchedule', 'b:NoExecute']);
    expect(world.read().metadata.labels).toMatchObject({ [proven]: 'gvisor', 'airlock.dev/state': 'released' });
    expect(world.cluster.api.events()).toMatchObject([
      { type: 'Normal', reason: 'AirlockReleased', involvedObject: { kind: 'Node', name: world.node.nodeName } },
    ]);
    expect(world.ends).toEqual([receipt]);
    expect([world.warnings, world.cluster.api.refusals]).toEqual([[], []]);
  });

  test('costs one read, one patch and one Event', async () => {
    await world.join();

    await world.release();

    expect([...world.cluster.api.counts]).toEqual([
      ['kubernetes:get nodes', 1],
      ['kubernetes:patch nodes', 1],
      ['kubernetes:create events', 1],
    ]);
  });

  test('says already-installed where the release was found on the node', async () => {
    await world.join();

    expect((await world.release({ installed: 'already-installed' })).receipt?.outcome).toBe('already-installed');
  });

  test('also gets the label that manifests for Sysbox select, if that is its runtime', async () => {
    world.handlers = [{ ...runc, name: 'sysbox-runc' }];
    await world.join();

    await world.release({ runtime: 'sysbox', handler: 'sysbox-runc' });

    expect(world.read().metadata.labels).toMatchObject({ 'sysbox-runtime': 'running', [proven]: 'sysbox' });
  });

  test('is released once, however often it is asked for', async () => {
    await world.join();
    const first = await world.release();
    const version = world.read().metadata.resourceVersion;
    await world.pass(60_000);

    const second = await world.release();

    expect(second.receipt).toEqual(first.receipt);
    expect(world.read().metadata.resourceVersion).toBe(version);
    expect([world.count('patch nodes'), world.count('create events'), world.ends.length]).toEqual([1, 1, 1]);
  });

  test('that was released is gated again by a stranger: the release is repeated', async () => {
    await world.join();
    await world.release();
    await world.controllers.change(world.node.nodeName, () => [{ op: 'add', path: '/spec/taints', value: [gate] }]);

    const { receipt } = await world.release();

    expect([receipt?.outcome, world.taints()]).toEqual(['released', []]);
  });

  test('that has no gate is labelled all the same, and the receipt says so', async () => {
    await world.join({ taints: [] });

    const { receipt } = await world.release();

    expect(receipt?.detail).toBe('the gate airlock.dev/bootstrap was not on the Node when it was released');
    expect(world.read().metadata.labels?.[proven]).toBe('gvisor');
  });

  test('that carries a receipt which a kubelet wrote is released by a patch of ours, not by that receipt', async () => {
    await world.join({ taints: [] });
    await world.release();
    const text = JSON.stringify(world.receipt());
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'remove', path: `/metadata/labels/${proven.replace('/', '~1')}` },
      { op: 'add', path: '/metadata/annotations/airlock.dev~1receipt', value: text },
    ]);

    await world.release();

    expect(world.count('patch nodes')).toBe(2);
    expect(world.read().metadata.labels?.[proven]).toBe('gvisor');
  });

  test('stays released where the API does not take the Event', async () => {
    await world.join();
    world.cluster.api.faults.plant(({ resource }) => resource === 'events', { kind: 'status', code: 403 });

    const { receipt } = await world.release();

    expect([receipt?.outcome, world.taints(), world.warnings]).toEqual(['released', [], ['the Event was not written']]);
  });
});

describe('a node is not released yet', () => {
  const waits = async (words: RegExp) => {
    const { error } = await world.release();
    expect(error?.name).toBe('NotYet');
    expect(error?.message).toMatch(words);
    expect(world.count('patch nodes')).toBe(0);
  };

  test('while it has not joined', () => waits(/^node-never-joined: the cluster has no Node ip-10-0-0-1/));

  test('while another instance has its name', async () => {
    await world.join({ providerId: 'aws:///eu-central-1a/i-0000000000000000f' });
    await waits(/^node-never-joined: the Node ip-10-0-0-1 belongs to aws:\/\/\/eu-central-1a\/i-0000000000000000f/);
  });

  test('while its Node is that of an earlier launch', async () => {
    await world.join();
    Object.assign(world, { launchedAt: world.cluster.clock.now() + 1_000 });
    await waits(/^node-never-joined: the Node ip-10-0-0-1 was made at .*, before the launch at/);
  });

  test('while Karpenter has not registered it', async () => {
    await world.join();
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'add', path: '/metadata/labels/karpenter.sh~1nodepool', value: 'sandboxes' },
    ]);
    await waits(/^node-never-joined: Karpenter has not registered the Node ip-10-0-0-1 of NodePool sandboxes$/);
  });

  test('while it bears the taint by which Karpenter says so, though nothing else says that it is Karpenter', async () => {
    await world.join({ taints: [gate, { key: 'karpenter.sh/unregistered', effect: 'NoExecute' }] });
    await waits(/^node-never-joined: Karpenter has not registered the Node ip-10-0-0-1$/);
  });

  test('while it is not Ready', async () => {
    const kubelet = await world.join();
    await kubelet.setReady(false);
    await waits(/^node-never-ready: the Node ip-10-0-0-1 is not Ready \(KubeletNotReady: /);
  });

  test('while it lists other handlers, but not ours', async () => {
    world.handlers = [runc];
    await world.join();
    await waits(/^handler-not-reported: the Node ip-10-0-0-1 lists the handlers runc, but not runsc$/);
  });

  test('while Sysbox is listed without user namespaces', async () => {
    world.handlers = [{ name: 'sysbox-runc', features: { recursiveReadOnlyMounts: true, userNamespaces: false } }];
    await world.join();
    const { error } = await world.release({ runtime: 'sysbox', handler: 'sysbox-runc' });
    expect(error?.message).toMatch(/^handler-not-reported: .* without user namespaces$/);
  });
});

describe('what a node waited for comes', () => {
  test('a handler that appears some seconds after the installation is waited for inside one call', async () => {
    world.handlers = [runc];
    const kubelet = await world.join();
    world.handlers = [runc, runsc];
    kubelet.machineChanged();

    const { receipt } = await world.release();

    expect(receipt?.totalMs).toBe(18_000);
  });

  test.each([[undefined], [[]]])('handlers %j cannot say: the proof on the host decides', async (handlers) => {
    world.handlers = handlers;
    await world.join();

    expect((await world.release()).receipt?.outcome).toBe('released');
  });

  test('a node under another name is found by its providerID, and the receipt has that name', async () => {
    await world.join({ name: 'custom.example' });
    await world.pass(90_000);

    const { receipt } = await world.release();

    expect(receipt?.nodeName).toBe('custom.example');
    expect([world.count('get nodes'), world.count('list nodes')]).toEqual([1, 1]);
  });

  test('a young node is asked for by its name alone, so that a large pool does not list itself once a node', async () => {
    const { error } = await world.release();

    expect(error).toMatchObject({ name: 'NotYet' });
    expect(world.count('list nodes')).toBe(0);
  });

  test('a node that joins while a call is under way is released by it, after one list', async () => {
    const joining = world.join();
    const { receipt } = await world.release();
    await joining;

    expect(receipt?.outcome).toBe('released');
    expect(world.count('list nodes')).toBeLessThanOrEqual(1);
  });

  test('Karpenter registers late and puts the gate back: it is lifted after that', async () => {
    await world.join();
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'add', path: '/metadata/labels/karpenter.sh~1nodepool', value: 'sandboxes' },
      { op: 'add', path: '/spec/taints', value: [] },
    ]);
    world.cluster.clock.after(11_000, () => {
      void world.controllers.karpenterRegisters(world.node.nodeName, 'sandboxes', [gate]);
    });

    const { receipt } = await world.release();

    expect([receipt?.outcome, receipt?.detail, world.taints()]).toEqual(['released', '', []]);
  });
});

describe('the deadline', () => {
  test.each([
    ['node-never-joined', async () => {}],
    ['node-never-ready', async () => (await world.join()).setReady(false)],
    [
      'handler-not-reported',
      async () => {
        world.handlers = [runc];
        await world.join();
      },
    ],
  ])('ends the wait with the outcome %s, and nothing is asked after it', async (outcome, prepare) => {
    await prepare();

    const { error } = await world.release({}, 1);

    expect(error?.name).toBe(outcome);
    expect(world.cluster.clock.now() - world.launchedAt).toBeLessThanOrEqual(62_000);
  });
});

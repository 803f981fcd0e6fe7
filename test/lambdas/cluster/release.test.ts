import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import type { StandInCluster } from '../../kubernetes/cluster.ts';
import { gate, installation, runc, runsc, World } from './world.ts';

let world: World<StandInCluster>;
beforeEach(async () => {
  world = await World.onStandIn();
});
afterEach(() => world.stop());

describe('a node is not released yet', () => {
  const waits = async (words: RegExp) => {
    const { error } = await world.release();
    expect(error?.name).toBe('RetryLater');
    expect(error?.message).toMatch(words);
    expect(world.count('patch nodes')).toBe(0);
  };

  it('while it has not joined', () => waits(/^node-never-joined: the cluster has no Node ip-10-0-0-1/));

  it('while another instance has its name', async () => {
    await world.join({ providerId: 'aws:///eu-central-1a/i-0000000000000000f' });
    await waits(/^node-never-joined: the Node ip-10-0-0-1 belongs to aws:\/\/\/eu-central-1a\/i-0000000000000000f/);
  });

  it('while its Node reports another boot than the proven one, in its first launch as in every later one', async () => {
    world.boot = { ...world.boot, bootId: 'the boot before' };
    await world.join();
    await waits(
      /^node-never-joined: the Node ip-10-0-0-1 reports another boot than the one in which the runtime was proven/,
    );
    world.launchedAt = world.cluster.clock.now() + 1_000;
    await waits(/^node-never-joined: the Node ip-10-0-0-1 reports another boot/);
  });

  it('while its Node reports no boot', async () => {
    await world.join();
    const path = `/api/v1/nodes/${world.node.nodeName}/status`;
    await ask(world.cluster.admin, 'PATCH', path, [{ op: 'remove', path: '/status/nodeInfo' }]);
    await waits(/^node-never-joined: the Node ip-10-0-0-1 reports no boot yet/);
  });

  it('while Karpenter has not registered it', async () => {
    await world.join();
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'add', path: '/metadata/labels/karpenter.sh~1nodepool', value: 'sandboxes' },
    ]);
    await waits(/^node-never-joined: Karpenter has not registered the Node ip-10-0-0-1 of NodePool sandboxes$/);
  });

  it("while it has Karpenter's unregistered taint, even if nothing else shows that Karpenter owns it", async () => {
    await world.join({ taints: [gate, { key: 'karpenter.sh/unregistered', effect: 'NoExecute' }] });
    await waits(/^node-never-joined: Karpenter has not registered the Node ip-10-0-0-1$/);
  });

  it('while it is not Ready', async () => {
    const kubelet = await world.join();
    await kubelet.setReady(false);
    await waits(/^node-never-ready: the Node ip-10-0-0-1 is not Ready \(KubeletNotReady: /);
  });

  it('while it lists other handlers, but not ours', async () => {
    world.handlers = [runc];
    await world.join();
    await waits(/^handler-not-reported: the Node ip-10-0-0-1 lists the handlers runc, but not runsc$/);
  });

  it('while Sysbox is listed without user namespaces', async () => {
    world.handlers = [{ name: 'sysbox-runc', features: { recursiveReadOnlyMounts: true, userNamespaces: false } }];
    await world.join();
    const { error } = await world.release({ runtime: 'sysbox', handler: 'sysbox-runc' });
    expect(error?.message).toMatch(/^handler-not-reported: .* without user namespaces$/);
  });
});

describe('a node that waited', () => {
  it('for a handler that appears some seconds after the installation is released inside one call', async () => {
    world.handlers = [runc];
    const kubelet = await world.join();
    world.handlers = [runc, runsc];
    kubelet.machineChanged();

    const { receipt } = await world.release();

    expect(receipt?.totalMs).toBe(18_000);
  });

  it.each([[undefined], [[]]])('handlers %j are unknown: the proof on the host decides', async (handlers) => {
    world.handlers = handlers;
    await world.join();

    expect((await world.release()).receipt?.outcome).toBe('released');
  });

  it('a node with another name is found by its providerID, and the receipt has that name', async () => {
    await world.join({ name: 'custom.example' });
    await world.pass(90_000);

    const { receipt } = await world.release();

    expect(receipt?.nodeName).toBe('custom.example');
    expect(world.count('get nodes')).toBe(0);
    expect(world.count('list nodes')).toBe(1);
  });

  it('a node that has not joined costs one list of those that wait, and one read in each later call; a large pool is not listed for it while it is young', async () => {
    world.askedAt = world.cluster.clock.now();
    const { error } = await world.release();

    expect(error).toMatchObject({ name: 'RetryLater' });
    expect(world.count('list nodes')).toBe(1);
    expect(world.count('get nodes')).toBe(0);
    await world.pass(3_000);
    await world.release();
    expect(world.count('list nodes')).toBe(2);
    expect(world.count('get nodes')).toBe(1);
    await world.pass(90_000);
    await world.release();
    expect(world.count('list nodes')).toBe(4);
    expect(world.count('get nodes')).toBe(2);
  });

  it('a node is released in the call in which it becomes Ready, as soon as the API shows that', async () => {
    await world.kubelet({ readyAfterMs: 4_321 }).join();
    const before = world.cluster.clock.now();

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(world.cluster.clock.now() - before).toBe(4_321);
  });

  it('a node that joins during a call is released by it, after one list', async () => {
    await world.kubelet({ readyAfterMs: 3_000 }).join();
    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(world.count('list nodes')).toBe(1);
  });

  it('if Karpenter registers late and restores the gate, it is lifted after that', async () => {
    await world.join();
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'add', path: '/metadata/labels/karpenter.sh~1nodepool', value: 'sandboxes' },
      { op: 'add', path: '/spec/taints', value: [] },
    ]);
    world.cluster.clock.after(3_000, () => {
      void world.controllers.karpenterRegisters(world.node.nodeName, 'sandboxes', [gate]);
    });

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.detail).toBe('');
    expect(await world.taints()).toEqual([]);
  });
});

describe('an instance that was stopped and started keeps its Node', () => {
  const restarted = async () => {
    world.boot = { ...world.boot, bootId: 'the boot before' };
    await world.join();
    await world.release({ host: { ...installation.host, bootId: 'the boot before' } });
    await world.pass(60_000);
    world.launchedAt = world.cluster.clock.now();
    world.boot = { ...world.boot, bootId: installation.host.bootId };
  };

  it('and is released again in the new launch, once the kubelet reports the boot in which it was proven', async () => {
    await restarted();
    world.cluster.clock.after(20_000, () => void world.kubelet().join());

    let settled = await world.release({ installed: 'already-installed' });
    for (; settled.error?.name === 'RetryLater'; settled = await world.release({ installed: 'already-installed' }))
      await world.pass(5_000);
    const { receipt } = settled;

    expect(receipt).toMatchObject({
      outcome: 'already-installed',
      launchedAt: new Date(world.launchedAt).toISOString(),
    });
    expect(await world.receipt()).toEqual(receipt);
    expect(receipt?.totalMs).toBeGreaterThanOrEqual(20_000);
  });

  it('and if it is not proven again, the gate is restored although the earlier launch was released', async () => {
    await restarted();

    await world.quarantine('proof-failed', 'the sandbox does not start');

    expect(await world.taints()).toEqual(['airlock.dev/bootstrap:NoSchedule', 'airlock.dev/quarantined:NoSchedule']);
    expect((await world.read()).metadata.labels).toMatchObject({ 'airlock.dev/state': 'quarantined' });
    expect((await world.read()).metadata.labels).not.toHaveProperty('node-restriction.kubernetes.io/airlock-runtime');
  });
});

describe('the deadline', () => {
  it.each([
    ['node-never-joined', async () => {}],
    ['node-never-ready', async () => (await world.join()).setReady(false)],
    [
      'handler-not-reported',
      async () => {
        world.handlers = [runc];
        await world.join();
      },
    ],
  ])('ends the wait with the outcome %s, and no request follows', async (outcome, prepare) => {
    await prepare();

    const { error } = await world.release({}, 1);

    expect(error?.name).toBe(outcome);
    expect(world.cluster.clock.now() - world.launchedAt).toBeLessThanOrEqual(62_000);
  });
});

describe('a node that was never Ready', () => {
  const daemon = (name: string, spec: object) =>
    world.cluster.api.apply({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name, namespace: 'kube-system' },
      spec: { selector: { matchLabels: { a: name } }, template: { metadata: { labels: { a: name } }, spec } },
    });
  const ends = async () => {
    await (await world.join()).setReady(false);
    return (await world.release({}, 1)).error?.message ?? '';
  };

  it('lists the DaemonSets that its gate blocks, and no other', async () => {
    daemon('cni', { tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists' }] });
    daemon('proxy', { tolerations: [{ operator: 'Exists' }] });
    daemon('gated', { tolerations: [{ key: gate.key, operator: 'Exists', effect: 'NoSchedule' }] });
    daemon('evicted', { tolerations: [{ operator: 'Exists', effect: 'NoExecute' }] });
    daemon('elsewhere', { nodeSelector: { 'airlock.dev/runtime': 'kata' } });

    expect(await ends()).toMatch(
      /^the Node ip-10-0-0-1 is not Ready .*; DaemonSets that do not tolerate the gate: kube-system\/cni, kube-system\/evicted$/,
    );
    expect(world.count('list daemonsets')).toBe(1);
  });

  it('ends in the same way if the cluster does not show them', async () => {
    daemon('cni', {});
    world.cluster.api.faults.plant(({ resource }) => resource === 'daemonsets', { kind: 'status', code: 403 });

    expect(await ends()).not.toContain('DaemonSets');
    expect(world.warnings).toEqual(['the DaemonSets could not be read']);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proofPod, proofPodName } from '../../../domain/proof-pod.ts';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import type { StandInCluster } from '../../kubernetes/cluster.ts';
import { gate, runc, runsc, World } from './world.ts';

let world: World<StandInCluster>;
beforeEach(async () => {
  world = await World.onStandIn();
  world.proof = 'pod';
});
afterEach(() => world.stop());

const name = () => proofPodName(world.launch());
const path = () => `/api/v1/namespaces/airlock-system/pods/${name()}`;
const pods = () => world.cluster.api.pods().map(({ metadata }) => metadata.name);
const plan = () => ({
  name: name(),
  nodeName: world.node.nodeName,
  runtime: 'gvisor' as const,
  image: 'registry.k8s.io/pause:3.10',
});

describe('a node whose pod runs', () => {
  it('is released after it, the receipt describes the pod, and no pod is left', async () => {
    await world.join();

    const { receipt } = await world.release();
    await world.pass(1_000);

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.proof).toEqual({
      kind: 'pod',
      pod: `airlock-system/${name()}`,
      runtimeClass: 'gvisor',
      image: 'registry.k8s.io/pause:3.10',
      ms: 1_600,
    });
    expect(pods()).toEqual([]);
    expect(await world.taints()).toEqual([]);
    expect(world.cluster.api.refusals).toEqual([]);
  });

  it('costs four requests for itself, and a list and a watch of Nodes and pods that it shares with its batch', async () => {
    await world.join();

    await world.release();

    expect([...world.cluster.api.counts]).toEqual([
      ['kubernetes:list nodes', 1],
      ['kubernetes:watch nodes', 1],
      ['kubernetes:list pods', 1],
      ['kubernetes:watch pods', 1],
      ['kubernetes:create pods', 1],
      ['kubernetes:delete pods', 1],
      ['kubernetes:patch nodes', 1],
      ['kubernetes:create events', 1],
    ]);
  });

  it('that an earlier call created is found, and no other is created', async () => {
    await world.join();
    const { admin } = world.cluster;
    expect((await ask(admin, 'POST', '/api/v1/namespaces/airlock-system/pods', proofPod(plan()))).code).toBe(201);
    await world.pass(5_000);

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.proof).toEqual(expect.objectContaining({ ms: 5_000 }));
    await world.pass(1_000);
    expect(pods()).toEqual([]);
  });

  it('whose patch is disturbed keeps its proof', async () => {
    await world.join();
    const run = async () => {
      await world.controllers.change(world.node.nodeName, () => [
        { op: 'add', path: '/spec/taints/0', value: { key: 'first', effect: 'NoSchedule' } },
      ]);
    };
    world.cluster.api.faults.plant(({ verb, aws }) => verb === 'patch' && aws, { kind: 'meanwhile', run }, 1);

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(world.count('create pods')).toBe(1);
    expect(world.count('patch nodes')).toBe(2);
  });

  it.each([
    ['create', 'drop'],
    ['watch', 'status'],
    ['delete', 'drop'],
  ] as const)('is released although the answer to %s was lost', async (verb, kind) => {
    await world.join();
    const meets = (request: { aws: boolean; verb: string; resource: string }) =>
      request.aws && request.verb === verb && request.resource === 'pods';
    world.cluster.api.faults.plant(meets, kind === 'drop' ? { kind, when: 'after' } : { kind, code: 500 }, 1);

    const { receipt } = await world.release();

    await world.pass(1_000);
    expect(receipt?.outcome).toBe('released');
    expect(pods()).toEqual([]);
  });

  it('of Sysbox runs in a user namespace', async () => {
    world.handlers = [{ ...runc, name: 'sysbox-runc' }];
    await world.join({ runtime: 'sysbox' });
    let seen: unknown;
    world.cluster.api.watchPods(world.node.nodeName, (pod) => {
      seen ??= [pod.spec?.hostUsers, pod.spec?.runtimeClassName, pod.spec?.nodeSelector];
    });
    world.cluster.api.apply({
      apiVersion: 'node.k8s.io/v1',
      kind: 'RuntimeClass',
      metadata: { name: 'sysbox-runc' },
      handler: 'sysbox-runc',
    });

    const { receipt } = await world.release({ runtime: 'sysbox', handler: 'sysbox-runc' });

    expect(receipt?.outcome).toBe('released');
    expect(seen).toEqual([false, 'sysbox-runc', undefined]);
  });
});

describe('a node whose pod does not run', () => {
  const kept = async () => expect(await world.taints()).toContain(`${gate.key}:NoSchedule`);

  it("ends as proof-pod-failed with the kubelet's message, after a bounded time, although the handler is listed", async () => {
    world.sandboxFailure = 'OCI runtime create failed';
    await world.join();
    const before = world.cluster.clock.now();

    const { error } = await world.releaseByQueue();

    expect(error?.name).toBe('proof-pod-failed');
    expect(error?.message).toMatch(
      / is Pending after 12\d s \(FailedCreatePodSandBox: .* OCI runtime create failed\)$/,
    );
    expect(world.cluster.clock.now() - before).toBeLessThan(140_000);
    await world.pass(1_000);
    expect(pods()).toEqual([]);
    expect(world.count('patch nodes')).toBe(0);
    await kept();
  });

  it('only for a while is released once it does', async () => {
    world.sandboxFailure = 'the network plugin is not there yet';
    await world.join();
    world.cluster.clock.after(20_000, () => {
      world.sandboxFailure = undefined;
    });

    expect((await world.releaseByQueue()).receipt?.outcome).toBe('released');
    expect(world.count('create pods')).toBe(1);
  });

  it("because its label is not the pool's, by which a RuntimeClass selects it, is not released", async () => {
    await world.join();
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'add', path: '/metadata/labels/airlock.dev~1runtime', value: 'kata' },
    ]);

    const { error } = await world.release();

    expect(error?.name).toBe('proof-pod-failed');
    expect(error?.message).toMatch(/ is Failed after \d s \(NodeAffinity: Pod was rejected: /);
    expect(world.count('create pods')).toBe(3);
    await kept();
  });

  it.each([
    [
      undefined,
      /^containerd names no sandbox image, so no proof pod could be created; set proof: host in airlock.yaml/,
    ],
    [
      'evil.example/miner:1',
      /^containerd names evil.example\/miner:1 as its sandbox image; accepted: an image called pause$/,
    ],
  ])('because the sandbox image is %j is not released: unknown is not a proof', async (sandboxImage, words) => {
    await world.join();

    const { error } = await world.release({ sandboxImage });

    expect(error?.name).toBe('proof-pod-failed');
    expect(error?.message).toMatch(words);
    expect(world.count('create pods')).toBe(0);
    await kept();
  });

  it("because the cluster has no such RuntimeClass is cluster-forbidden, with the API's message", async () => {
    world.handlers = [{ ...runc, name: 'kata-qemu' }];
    await world.join();

    const { error } = await world.release({ runtime: 'kata', handler: 'kata-qemu' });

    expect(error?.name).toBe('cluster-forbidden');
    expect(error?.message).toContain('pod rejected: RuntimeClass "kata-qemu" not found');
  });
});

it('a pod that the kubelet does not accept yet is created again, and it releases the node', async () => {
  await world.join();
  const relabel = (value: string) =>
    world.controllers.change(world.node.nodeName, () => [
      { op: 'add', path: '/metadata/labels/airlock.dev~1runtime', value },
    ]);
  let rejected = 0;
  world.cluster.api.watchPods(world.node.nodeName, (pod, gone) => {
    if (gone || pod.status?.phase !== 'Pending' || pod.metadata.deletionTimestamp !== undefined) return;
    if (rejected++ === 0) void relabel('kata');
    else void relabel('gvisor');
  });

  const { receipt } = await world.release();

  expect(receipt?.outcome).toBe('released');
  expect(world.count('create pods')).toBe(2);
});

it('a pod is started as soon as its Node is Ready: it shows by itself that the handler is there', async () => {
  world.handlers = [runc];
  await world.join();
  world.handlers = [runc, runsc];

  const { receipt } = await world.release();

  const { runtimeHandlers = [] } = (await world.read()).status ?? {};
  expect(receipt?.outcome).toBe('released');
  expect(runtimeHandlers.map(({ name }) => name)).toEqual(['runc']);
});

describe('a pod that is left over', () => {
  it('and is past its time is replaced: it proves nothing about the node', async () => {
    await world.join();
    await ask(world.cluster.admin, 'POST', '/api/v1/namespaces/airlock-system/pods', proofPod(plan()));
    await world.pass(301_000);
    expect(world.cluster.api.pods()[0]?.status?.phase).toBe('Failed');

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.proof).toEqual(expect.objectContaining({ ms: 1_600 }));
  });

  it('and is bound to another node proves nothing for this one', async () => {
    await world.join();
    const other = proofPod({ ...plan(), nodeName: 'another' });
    await ask(world.cluster.admin, 'POST', '/api/v1/namespaces/airlock-system/pods', other);
    await ask(world.cluster.admin, 'PATCH', `${path()}/status`, [
      { op: 'add', path: '/status', value: { phase: 'Running' } },
    ]);

    const first = await world.release();
    expect(first.error?.message).toMatch(/^proof-pod-failed: the proof pod .* of another node must be deleted first$/);
    expect(world.count('delete pods')).toBe(1);
    await ask(world.cluster.admin, 'DELETE', path(), { gracePeriodSeconds: 0 });
    const second = await world.release();

    expect(second.receipt?.outcome).toBe('released');
  });

  it('by a call that died is removed by the quarantine', async () => {
    await world.join();
    await ask(world.cluster.admin, 'POST', '/api/v1/namespaces/airlock-system/pods', proofPod(plan()));

    await world.quarantine('internal-error', 'the function was killed');
    await world.pass(1_000);

    expect(pods()).toEqual([]);
  });
});

it('with proof: host no pod is created, and the receipt states so', async () => {
  world.proof = 'host';
  await world.join();

  const { receipt } = await world.release();

  expect(receipt?.proof).toEqual({ kind: 'host' });
  expect(world.count('create pods')).toBe(0);
});

import { afterEach, describe, expect, it } from 'vitest';
import { gateKindOf } from '../../../domain/kubernetes.ts';
import { enforceReadiness } from '../../../packages/local-kubernetes/readiness-controller.ts';
import type { StandInCluster } from '../../kubernetes/cluster.ts';
import { World } from './world.ts';

let world: World<StandInCluster>;
afterEach(() => world.stop());

const keys = async () => ((await world.read()).spec?.taints ?? []).map(({ key }) => key);
const condition = async () => (await world.read()).status?.conditions?.find(({ type }) => type === 'AirlockReady');

describe('a gate that an autoscaler knows as a startup taint', () => {
  it.each([
    ['airlock.dev/bootstrap', 'startup-taint'],
    ['startup-taint.cluster-autoscaler.kubernetes.io/airlock', 'cluster-autoscaler'],
    ['example.com/not-yet', 'startup-taint'],
  ])('%s is lifted by a release, and restored by a quarantine', async (gate, kind) => {
    world = await World.onStandIn({ gate });
    expect(gateKindOf(gate)).toBe(kind);
    await world.join();

    expect((await world.release()).receipt?.outcome).toBe('released');
    expect(await keys()).toEqual([]);
    await world.controllers.change(world.node.nodeName, () => [
      { op: 'remove', path: '/metadata/labels/node-restriction.kubernetes.io~1airlock-runtime' },
    ]);
    await world.quarantine();

    expect(await keys()).toEqual([gate, 'airlock.dev/quarantined']);
    expect(world.count('patch nodes/status')).toBe(0);
  });
});

describe('a gate that node-readiness-controller owns', () => {
  const gate = 'readiness.k8s.io/airlock';
  const start = async (withController = true) => {
    world = await World.onStandIn({ gate });
    const { api, clock } = world.cluster;
    const taint = { key: gate, effect: 'NoSchedule' };
    if (withController) {
      enforceReadiness({ api, clock, controllers: world.controllers, condition: 'AirlockReady', taint });
    }
    await world.join();
  };

  it('is lifted by that controller, once a release has published the condition', async () => {
    await start();

    const { receipt } = await world.release();
    await world.pass(2_000);

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.detail).toBe('');
    expect(await keys()).toEqual([]);
    expect(await condition()).toMatchObject({ status: 'True', reason: 'Released', message: 'released' });
    expect((await world.read()).metadata.labels).toMatchObject({
      'node-restriction.kubernetes.io/airlock-runtime': 'gvisor',
      'airlock.dev/state': 'released',
    });
  });

  it('is not changed by us, whether that controller runs or not', async () => {
    await start(false);

    await world.release();

    expect(await keys()).toEqual([gate]);
    expect((await condition())?.status).toBe('True');
  });

  it('stays if a node is quarantined, and the condition gives the reason', async () => {
    await start();

    await world.quarantine('proof-failed', 'not in gVisor');
    await world.pass(2_000);

    expect(await keys()).toEqual([gate, 'airlock.dev/quarantined']);
    expect(await condition()).toMatchObject({
      status: 'False',
      reason: 'ProofFailed',
      message: 'proof-failed: not in gVisor',
    });
  });

  it('comes to the same end, however often it is called', async () => {
    await start();
    world.askedAt = world.cluster.clock.now();
    await world.release();
    await world.pass(12_000);

    const { receipt } = await world.release();

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.detail).toBe('');
    expect(world.count('patch nodes/status')).toBe(1);
  });

  it('comes to the same end if the message is delivered again at once', async () => {
    await start();
    await world.release();
    await world.pass(1_000);

    const { receipt, calls } = await world.releaseByQueue();

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.detail).toBe('');
    expect(world.count('patch nodes/status')).toBe(1);
    expect(calls).toBe(2);
  });

  it('comes to the same end in the last call before the deadline', async () => {
    await start();
    await world.release();
    // The deadline of the work is 90 seconds before that of the launch, and the last call begins 30 seconds before
    // that.
    await world.pass(world.launchedAt + 13 * 60_000 - 10_000 - world.cluster.clock.now());

    const { receipt, calls } = await world.releaseByQueue();

    expect(receipt?.outcome).toBe('released');
    expect(receipt?.detail).toBe('');
    expect(calls).toBe(1);
  });

  it('is closed by its condition if the instance was stopped and started', async () => {
    await start();
    await world.release();
    await world.pass(2_000);

    await world.close();
    await world.pass(2_000);

    expect(await keys()).toMatchObject([gate]);
    expect(await condition()).toMatchObject({ status: 'False', reason: 'StartedAgain' });
  });

  it('is released by the next call if one died between the condition and the receipt', async () => {
    await start();
    const fault = { kind: 'status', code: 403 } as const;
    world.cluster.api.faults.plant(
      ({ aws, verb, resource }) => aws && verb === 'patch' && resource === 'nodes',
      fault,
      1,
    );
    const first = await world.release();
    await world.pass(2_000);

    const { receipt } = await world.release();

    expect(first.error?.name).toBe('cluster-forbidden');
    expect(receipt?.outcome).toBe('released');
    expect(receipt?.detail).toBe('');
    expect(await keys()).toEqual([]);
    expect(world.count('patch nodes/status')).toBe(1);
  });

  it('a kubelet that writes its own conditions keeps ours', async () => {
    await start();
    await world.release();
    const kubelet = await world.join();

    await kubelet.setReady(false);

    expect((await condition())?.status).toBe('True');
  });
});

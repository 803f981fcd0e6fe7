import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, messageOf } from '../../../packages/local-kubernetes/client.ts';
import type { StandInCluster } from '../../kubernetes/cluster.ts';
import { gate, installation, runc, World } from './world.ts';

let world: World<StandInCluster>;
beforeEach(async () => {
  world = await World.onStandIn();
});
afterEach(() => world.stop());

const proven = 'node-restriction.kubernetes.io/airlock-runtime';
const marked = [`${gate.key}:NoSchedule`, 'airlock.dev/quarantined:NoSchedule'];
const foreign = 'ip-10-0-0-66';

/** A kubelet's patch of a Node, with its own credential. */
const asKubelet = (operations: readonly unknown[], { name = world.node.nodeName, status = false } = {}) => {
  const token = world.cluster.api.tokenFor(`system:node:${name}`, ['system:nodes']);
  return ask(world.cluster.connection(token), 'PATCH', `/api/v1/nodes/${name}${status ? '/status' : ''}`, operations);
};
const annotate = (value: Readonly<Record<string, string>>) =>
  asKubelet([{ op: 'add', path: '/metadata/annotations', value }]);
/** The receipt of a release as anyone can write it. */
const forged = () =>
  JSON.stringify({
    version: 2,
    ...world.launch(),
    outcome: 'released',
    detail: '',
    endedAt: new Date(world.launchedAt).toISOString(),
    totalMs: 1,
    installation,
    proof: { kind: 'host' },
    gate: 'no-node',
  });
const gatesOf = async (name: string) =>
  ((await world.cluster.api.node(name))?.spec?.taints ?? []).map(({ key }) => key);

describe("a Node that claims another node's instance", () => {
  const joinForeign = () => world.join({ name: foreign, providerId: world.node.providerId });

  it('is not released as that node, not even in a first launch: it reports another boot', async () => {
    world.boot = { ...world.boot, bootId: 'its own' };
    await joinForeign();
    await world.pass(90_000);

    const { error } = await world.release({}, 1);

    expect(error?.name).toBe('node-never-joined');
    expect(error?.message).toMatch(
      /^the Node ip-10-0-0-66 reports another boot than the one in which the runtime was proven/,
    );
    expect(await gatesOf(foreign)).toEqual([gate.key]);
  });

  it('and also claims its boot prevents the release of both, and the detail names both', async () => {
    await joinForeign();
    await world.join();

    const { error } = await world.release();

    expect(error?.name).toBe('node-ambiguous');
    expect(error?.message).toBe(`the Nodes ip-10-0-0-1 and ${foreign} have the providerID ${world.node.providerId}`);
    expect(await world.taints()).toEqual([`${gate.key}:NoSchedule`]);
    expect(await gatesOf(foreign)).toEqual([gate.key]);
    expect(world.count('patch nodes')).toBe(0);
  });

  it("twice, if neither has the instance's name, is never released, and both are quarantined", async () => {
    await joinForeign();
    await world.join({ name: 'ip-10-0-0-67' });
    await world.pass(90_000);

    expect((await world.release()).error?.name).toBe('node-ambiguous');
    await world.quarantine('node-ambiguous', '');

    for (const name of [foreign, 'ip-10-0-0-67'])
      expect(await gatesOf(name)).toEqual([gate.key, 'airlock.dev/quarantined']);
  });
});

describe('the kubelet of a node', () => {
  it('cannot turn a failed proof into a release with a forged receipt', async () => {
    await world.join();
    await annotate({ 'airlock.dev/receipt': forged() });

    const { receipt } = await world.quarantine('proof-failed', 'not in gVisor');

    expect(receipt).toMatchObject({ outcome: 'proof-failed', gate: 'kept' });
    expect(await world.taints()).toEqual(marked);
  });

  it('cannot skip the pod proof with a forged receipt, even if an earlier version left its label', async () => {
    await world.join();
    await world.release();
    world.proof = 'pod';
    world.sandboxFailure = 'the handler fails';
    await annotate({ 'airlock.dev/receipt': forged() });

    expect((await world.releaseByQueue()).error?.name).toBe('proof-pod-failed');
  });

  it('cannot lift its gate or set the label of a release', async () => {
    await world.join();
    const answers = [
      await asKubelet([{ op: 'add', path: '/spec/taints', value: [] }]),
      await asKubelet([{ op: 'add', path: `/metadata/labels/${proven.replace('/', '~1')}`, value: 'gvisor' }]),
    ];

    expect(answers.map(({ code }) => code)).toEqual([403, 403]);
  });

  it('that fills its annotations is gated anyway, without waiting for a receipt', async () => {
    await world.join();
    await world.controllers.change(world.node.nodeName, () => [{ op: 'remove', path: '/spec/taints' }]);
    await annotate({ filler: 'x'.repeat(256 * 1024 - 7) });

    const { receipt } = await world.quarantine('proof-failed', 'not in gVisor');

    expect(receipt).toMatchObject({ outcome: 'proof-failed', gate: 'put-back' });
    expect(await world.taints()).toEqual(marked);
    expect(world.warnings).toEqual(['the receipt could not be written on the Node']);
    expect((await world.read()).metadata.labels?.['airlock.dev/state']).toBe('quarantined');
  });

  it('that fills its annotations is not released, and the message is final: the answer would not change', async () => {
    await world.join();
    await annotate({ filler: 'x'.repeat(256 * 1024 - 7) });

    const { error } = await world.release();

    expect(error?.name).toBe('write-rejected');
    expect(world.count('patch nodes')).toBe(1);
    expect(error?.message).toContain('metadata.annotations: Too long');
    expect(await world.taints()).toEqual([`${gate.key}:NoSchedule`]);
  });

  it('that changes its Node all the time prevents neither its release nor its gate', async () => {
    await world.join();
    let turn = 0;
    const run = async () => {
      const value = String(turn++);
      const answer = await asKubelet([
        { op: 'add', path: '/metadata/annotations/turn', value },
        { op: 'add', path: '/metadata/annotations/airlock.dev~1receipt', value },
        { op: 'add', path: '/metadata/labels/turn', value },
        { op: 'add', path: '/metadata/labels/sysbox-runtime', value: 'x' },
      ]);
      expect(answer.code).toBe(200);
      expect(messageOf(answer)).toEqual(expect.anything());
    };
    world.cluster.api.faults.plant(({ verb, aws }) => verb === 'patch' && aws, { kind: 'meanwhile', run });

    expect((await world.release()).receipt?.outcome).toBe('released');
    expect(world.count('patch nodes')).toBe(1);
    await world.quarantine('proof-failed', '');

    expect(await world.taints()).toEqual(marked);
    expect(world.count('patch nodes')).toBe(3);
  });

  it('that lists thousands of handlers leaves at most a line of them', async () => {
    await world.join();
    const handlers = Array.from({ length: 3_000 }, (_, index) => ({ name: `\u001b[31m{"errorMessage":"${index}` }));
    await asKubelet([{ op: 'add', path: '/status/runtimeHandlers', value: handlers }], { status: true });

    const { error } = await world.release({}, 1);

    expect(error?.name).toBe('handler-not-reported');
    expect(error?.message).toMatch(/^[ -~]{1,600}$/);
  });

  it('that gives a long reason for not being Ready leaves at most a line of it', async () => {
    await world.join();
    const value = { type: 'Ready', status: 'False', reason: '\u202e', message: `{"errorMessage":${'x'.repeat(9_000)}` };
    await asKubelet([{ op: 'replace', path: '/status/conditions/0', value }], { status: true });

    expect((await world.release({}, 1)).error?.message).toMatch(/^[ -~]{1,700}$/);
  });
});

describe('an instance that was stopped and started', () => {
  const startedAgain = async () => {
    await world.join();
    await world.release();
    await world.pass(60_000);
    world.launchedAt = world.cluster.clock.now();
  };

  it('has its gate restored and its release label removed before anything else', async () => {
    await startedAgain();

    expect(await world.close()).toEqual({ closed: [world.node.nodeName] });

    expect(await world.taints()).toEqual([`${gate.key}:NoSchedule`]);
    expect((await world.read()).metadata.labels).not.toHaveProperty(proven);
    expect(await world.close()).toEqual({ closed: [] });
  });

  it('has it restored even if its kubelet fills the annotations and changes the Node', async () => {
    await startedAgain();
    await annotate({ filler: 'x'.repeat(256 * 1024 - 7) });

    await world.close();

    expect(await world.taints()).toEqual([`${gate.key}:NoSchedule`]);
  });

  it('has it restored on its own Node, although the Node of another has the same providerID and no gate', async () => {
    await startedAgain();
    await world.join({ name: foreign, providerId: world.node.providerId });
    expect((await world.close()).closed).toContain(world.node.nodeName);
    expect(await gatesOf(world.node.nodeName)).toContain(gate.key);
  });

  it('is quarantined on its own Node, although the Node of another has the same providerID', async () => {
    await startedAgain();
    await world.join({ name: foreign, providerId: world.node.providerId });
    await world.pass(90_000);
    await world.quarantine('proof-failed', '');
    expect(await gatesOf(world.node.nodeName)).toEqual([gate.key, 'airlock.dev/quarantined']);
  });

  it('has it restored immediately on a Node with another name', async () => {
    await world.join({ name: 'custom.example' });
    await world.pass(90_000);
    await world.release();
    world.launchedAt = world.cluster.clock.now();

    expect(await world.close()).toEqual({ closed: ['custom.example'] });
    expect(await gatesOf('custom.example')).toEqual([gate.key]);
  });

  it('needs nothing if its Node is gone: a new one is born with its gate', async () => {
    expect(await world.close()).toEqual({ closed: [] });
    expect(world.count('patch nodes')).toBe(0);
  });

  it('waits while the cluster does not answer', async () => {
    await startedAgain();
    world.cluster.api.faults.plant(({ aws }) => aws, { kind: 'status', code: 503 });

    expect((await world.close()).error?.name).toBe('RetryLater');
  });

  it('is released in the new launch only by a new proof', async () => {
    await startedAgain();
    await world.close();
    world.handlers = [runc];
    const { receipt } = await world.release();

    expect(receipt?.launchedAt).toBe(new Date(world.launchedAt).toISOString());
  });
});

describe('nodes whose kubelets never join', () => {
  it('occupy a function for a few seconds each', async () => {
    await (await world.join()).setReady(false);
    const before = world.cluster.clock.now();

    expect((await world.release()).error?.message).toMatch(/^node-never-ready: /);

    expect(world.cluster.clock.now() - before).toBeLessThanOrEqual(27_000);
  });
});

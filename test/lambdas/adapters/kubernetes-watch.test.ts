import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../domain/kubernetes.ts';
import { Kubernetes } from '../../../lambdas/adapters/kubernetes.ts';
import { Expired, Forbidden, Unreachable } from '../../../lambdas/adapters/kubernetes-errors.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { ask } from '../../../packages/local-kubernetes/client.ts';
import { nodeBody, startCluster, type TestCluster } from '../../kubernetes/cluster.ts';
import { holding } from '../cluster/world.ts';

let cluster: TestCluster;
let api: Kubernetes;
let letGo: () => void;
let closing: AbortController;
beforeEach(async () => {
  cluster = await startCluster();
  letGo = holding(cluster.clock);
  const { endpoint, caPem, token } = await cluster.asGatekeeper();
  api = new Kubernetes({ endpoint, caPem, token: token ?? '', requestTimeoutMs: 5_000 });
  closing = new AbortController();
});
afterEach(async () => {
  closing.abort();
  letGo();
  await api.close();
  await cluster.stop();
});

const selector = 'watched=yes';
const make = (name: string, labels: Readonly<Record<string, string>> = { watched: 'yes' }) =>
  ask(cluster.admin, 'POST', '/api/v1/nodes', nodeBody(name, labels));
const change = (name: string, op: object) => ask(cluster.admin, 'PATCH', `/api/v1/nodes/${name}`, [op]);
const label = (name: string, value: string) => change(name, { op: 'add', path: '/metadata/labels/watched', value });

/** Watches from a version; reports the events so far, and the end of the watch. */
function follow(from: string) {
  const seen: string[] = [];
  const on = (node: ClusterNode, gone: boolean) => void seen.push(`${gone ? '-' : '+'}${node.name}`);
  const ended = api.watchNodes(selector, from, on, closing.signal);
  ended.catch(() => undefined);
  return { seen, ended };
}

/** Lets time pass until something holds, for at most ten seconds. */
async function until(holds: () => boolean): Promise<void> {
  for (let left = 100; left > 0 && !holds(); left--) await cluster.pass(100);
}

describe('a watch', () => {
  it('continues from a list: it shows what is added, changes, is deleted and loses the label, and nothing earlier', async () => {
    await make('before');
    const { version } = await api.listAllNodes(selector);
    await make('missed');
    const { seen } = follow(version);
    await until(() => seen.length === 1);

    await make('other', {});
    await make('one');
    await label('one', 'no');
    await label('one', 'yes');
    await change('one', { op: 'add', path: '/metadata/labels/x', value: 'y' });
    await ask(cluster.admin, 'DELETE', '/api/v1/nodes/one');
    await until(() => seen.length === 6);

    expect(seen).toEqual(['+missed', '+one', '-one', '+one', '+one', '-one']);
  });

  it('that its caller ends returns the version from which to continue', async () => {
    const { version } = await api.listAllNodes(selector);
    const { seen, ended } = follow(version);
    await make('one');
    await until(() => seen.length === 1);
    closing.abort();
    const from = await ended;
    await make('two');
    closing = new AbortController();

    const next = follow(from);
    await until(() => next.seen.length === 1);

    expect(seen).toEqual(['+one']);
    expect(next.seen).toEqual(['+two']);
  });

  it('that is not permitted is Forbidden', async () => {
    cluster.api.faults.plant(({ verb }) => verb === 'watch', { kind: 'status', code: 403 }, 1);

    await expect(follow('0').ended).rejects.toBeInstanceOf(Forbidden);
  });

  it('whose connection breaks is Unreachable, at its start and in the middle of an event', async () => {
    cluster.api.faults.plant(({ verb }) => verb === 'watch', { kind: 'drop', when: 'before' }, 1);
    await expect(follow('0').ended).rejects.toBeInstanceOf(Unreachable);
    cluster.api.faults.plant(({ verb }) => verb === 'watch', { kind: 'drop', when: 'mid-answer' }, 1);
    await make('one');

    await expect(follow('0').ended).rejects.toBeInstanceOf(Unreachable);
  });

  it.each([
    ['by a Status with 410 in the stream', { kind: 'watch-ends', afterMs: 10, how: 'expired' }],
    ['by HTTP 410', { kind: 'status', code: 410 }],
  ] as const)('from a version that is too old is Expired, %s', async (_how, fault) => {
    cluster.api.faults.plant(({ verb }) => verb === 'watch', fault, 1);
    const { version } = await api.listAllNodes(selector);
    const { ended } = follow(version);
    const reason = ended.catch((error: unknown) => error);
    await cluster.pass(100);

    expect(await reason).toBeInstanceOf(Expired);
  });
});

describe('on the virtual clock', () => {
  const virtual = () => cluster.clock instanceof VirtualClock;

  it('a compacted version is answered as by a real server, and any other is served', async (context) => {
    if (!virtual()) context.skip();
    await make('one');
    const { version } = await api.listAllNodes(selector);
    await make('two');
    await cluster.pass(6 * 60_000);
    await make('three');
    const old = follow('1');
    const recent = follow(String(Number(version) + 1));
    const reason = old.ended.catch((error: unknown) => error);
    await until(() => recent.seen.length > 0);

    expect(await reason).toEqual(expect.any(Expired));
    expect(old.seen).toEqual([]);
    expect(String(await reason)).toMatch(/HTTP 410: too old resource version: 1 \(\d+\)$/);
    expect(recent.seen).toEqual(['+three']);
  });

  it('a watch is ended by the server after the requested time, and a bookmark gives the last version', async (context) => {
    if (!virtual()) context.skip();
    const { version } = await api.listAllNodes(selector);
    const { ended } = follow(version);
    await make('other', {});
    await cluster.pass(61_000);

    expect(Number(await ended)).toBeGreaterThan(Number(version));
  });

  it('no time passes between an event and its delivery', async (context) => {
    if (!virtual()) context.skip();
    const at: number[] = [];
    const { version } = await api.listAllNodes(selector);
    void api.watchNodes(selector, version, () => void at.push(cluster.clock.now()), closing.signal);
    const sent: number[] = [];
    for (let index = 0; index < 20; index++) {
      cluster.clock.after(1 + index, () => {
        sent.push(cluster.clock.now());
        cluster.api.apply(nodeBody(`n-${index}`, { watched: 'yes' }));
      });
    }
    await cluster.pass(1_000);

    expect(at).toEqual(sent);
  });
});

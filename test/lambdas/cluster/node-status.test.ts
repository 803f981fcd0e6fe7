import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterNode, defaultGateKey } from '../../../domain/kubernetes.ts';
import type { OutcomeCode } from '../../../domain/outcomes.ts';
import type { Receipt } from '../../../domain/receipt.ts';
import { surveyPageLimit } from '../../../domain/survey.ts';
import { nodeStatus } from '../../../lambdas/cluster/node-status.ts';
import { installation } from './world.ts';

const gate = { key: defaultGateKey, effect: 'NoSchedule' };
const quarantined = { key: 'airlock.dev/quarantined', effect: 'NoSchedule' };
const proven = { 'airlock.dev/runtime': 'gvisor', 'node-restriction.kubernetes.io/airlock-runtime': 'gvisor' };
const instanceId = 'i-0123456789abcdef0';
const standard = {
  gateKey: defaultGateKey,
  versions: { gvisor: installation.version },
  now: Date.parse('2026-11-25T09:02:00.000Z'),
};

function receipt(outcome: OutcomeCode, changes: Partial<Receipt> = {}): Readonly<Record<string, string>> {
  const said: Receipt = {
    version: 2,
    instanceId,
    launchedAt: '2026-11-25T09:00:00.000Z',
    cluster: 'prod-1',
    pool: 'sandboxes',
    nodeName: 'ip-10-0-0-1',
    outcome,
    detail: '',
    endedAt: '2026-11-25T09:01:00.000Z',
    totalMs: 60_000,
    ...(outcome === 'released' ? { installation, proof: { kind: 'host' } } : {}),
    ...changes,
  };
  return { 'airlock.dev/receipt': JSON.stringify(said) };
}

function node(changes: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name: 'ip-10-0-0-1',
    uid: 'u',
    resourceVersion: '1',
    createdAt: Date.parse('2026-11-25T09:00:30Z'),
    providerId: `aws:///eu-central-1a/${instanceId}`,
    labels: proven,
    annotations: receipt('released'),
    taints: [],
    ready: { status: 'True', reason: 'KubeletReady', message: '' },
    boot: { kernel: installation.host.kernel, id: installation.host.bootId },
    handlers: [{ name: 'runsc', userNamespaces: true }],
    ...changes,
  };
}

const stands = (changes: Partial<ClusterNode>, gateKey = defaultGateKey) => {
  const { state, reason, outdated } = nodeStatus(node(changes), { ...standard, gateKey });
  return { state, reason, outdated };
};
const born = { labels: { 'airlock.dev/runtime': 'gvisor' }, annotations: {} };

describe("a Node's status is", () => {
  it('gated, from its birth', () => {
    expect(stands({ ...born, taints: [gate] })).toEqual({ state: 'gated', reason: '', outdated: false });
  });

  it('released, if our label and our receipt are on it and the gate is not', () => {
    expect(stands({})).toEqual({ state: 'released', reason: '', outdated: false });
  });

  it('quarantined, with the outcome and the detail', () => {
    const annotations = receipt('proof-failed', { detail: 'not in gVisor' });
    expect(stands({ ...born, annotations, taints: [gate, quarantined] })).toMatchObject({
      state: 'quarantined',
      reason: 'proof-failed: not in gVisor',
    });
  });

  it('quarantined only by its label, while the breaker is open', () => {
    const labels = { ...born.labels, 'airlock.dev/state': 'quarantined' };
    expect(stands({ labels, annotations: receipt('disk-full'), taints: [gate] }).state).toBe('quarantined');
  });

  it('gated again, if the gate was added back after the release', () => {
    expect(stands({ taints: [gate] })).toMatchObject({ state: 'gated', reason: expect.stringContaining('came back') });
  });

  it('released and outdated, if another version is configured', () => {
    const other = nodeStatus(node(), { ...standard, versions: { gvisor: 'another' } });
    expect(other.state).toBe('released');
    expect(other.outdated).toBe(true);
    expect(nodeStatus(node(), { ...standard, versions: {} }).outdated).toBe(false);
  });
});

describe('a Node has drifted', () => {
  it('when another client lifted the gate, even if a kubelet wrote a receipt', () => {
    for (const annotations of [{}, receipt('released')]) {
      expect(stands({ ...born, annotations })).toMatchObject({
        state: 'drifted',
        reason: `the gate ${defaultGateKey} is not on the Node, and Airlock has not released it`,
      });
    }
  });

  it('when another client lifted the gate of a quarantined one', () => {
    expect(stands({ ...born, annotations: receipt('proof-failed'), taints: [quarantined] }).state).toBe('drifted');
  });

  it('when its receipt is for another instance', () => {
    expect(stands({ annotations: receipt('released', { instanceId: 'i-00000000000000000' }) }).state).toBe('drifted');
  });

  it('when the handler is gone; when none is listed at all, the answer is unknown', () => {
    expect(stands({ handlers: [{ name: 'runc', userNamespaces: true }] })).toMatchObject({
      state: 'drifted',
      reason: expect.stringContaining('lists the handlers runc, but not runsc'),
    });
    expect(stands({ handlers: [] }).state).toBe('released');
  });

  it('but not within a minute after its release, because its kubelet lists the handler later than pods can use it', () => {
    const handlers = [{ name: 'runc', userNamespaces: true }];
    const stateAfter = (ms: number) =>
      nodeStatus(node({ handlers }), { ...standard, now: Date.parse('2026-11-25T09:01:00.000Z') + ms }).state;
    expect([-1, 0, 59_999, 60_000].map(stateAfter)).toEqual(['drifted', 'released', 'released', 'drifted']);
  });

  it('when it was booted with another kernel, but not after another boot with the same one', () => {
    expect(stands({ boot: { kernel: '6.17.0', id: 'another' } })).toMatchObject({
      state: 'drifted',
      reason: `the Node was proven with kernel ${installation.host.kernel} and booted again with kernel 6.17.0`,
    });
    expect(stands({ boot: { kernel: installation.host.kernel, id: 'another' } }).state).toBe('released');
  });

  it('but not while it is not Ready: it accepts no pods', () => {
    const ready = { status: 'Unknown', reason: 'NodeStatusUnknown', message: '' };
    expect(stands({ ready, handlers: [] }).state).toBe('released');
  });
});

describe('if node-readiness-controller owns the gate', () => {
  const readiness = 'readiness.k8s.io/airlock.dev';
  const taints = [{ ...gate, key: readiness }];
  const published = { place: 1, status: 'True', reason: 'Released' };

  it('a Node whose condition is true is released before that controller has lifted the gate', () => {
    expect(stands({ taints, published }, readiness).state).toBe('released');
    expect(stands({ taints: [], published }, readiness).state).toBe('released');
  });

  it('a Node without a release has drifted when the gate is gone', () => {
    expect(stands({ ...born, taints }, readiness).state).toBe('gated');
    expect(stands({ ...born, taints: [] }, readiness).state).toBe('drifted');
  });
});

it('a whole page of the longest answers is smaller than a Step Functions payload may be, whatever kubelets write', () => {
  const wild = fc.string({ unit: 'binary', minLength: 300, maxLength: 300 });
  fc.assert(
    fc.property(wild, (text) => {
      const [version, launchedAt] = [text, `2026-11-25T09:00:00.${'0'.repeat(200)}Z`];
      const said = nodeStatus(
        node({
          name: 'n'.repeat(253),
          providerId: text,
          labels: { 'airlock.dev/runtime': text },
          annotations: receipt('proof-failed', {
            instanceId: '',
            detail: text,
            launchedAt,
            installation: { ...installation, version },
          } as Partial<Receipt>),
          taints: [gate, quarantined],
          boot: { kernel: text, id: text },
        }),
        standard,
      );
      expect(Buffer.byteLength(JSON.stringify(said)) * surveyPageLimit).toBeLessThan(240 * 1_024);
    }),
    { numRuns: 50 },
  );
});

import { describe, expect, it } from 'vitest';
import { type Evidence, isGone, spared } from '../../../lambdas/replace/guards.ts';

const node = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-21T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-1',
  providerId: 'aws:///a/i-0123456789abcdef0',
  deadline: '2026-11-21T09:20:00.000Z',
};
const instance = { state: 'running', launchedAt: node.launchedAt, tags: { 'airlock:runtime': 'gvisor' } };
const row = { ...node, admittedAt: '2026-11-21T09:00:20.000Z' };
const evidence: Evidence = {
  node,
  row,
  instance,
  receipt: { version: 1, ...node, outcome: 'proof-failed', detail: '', endedAt: '', totalMs: 1, gate: 'kept' },
};

describe('an instance', () => {
  it('that nothing speaks for is ended', () => {
    expect(spared(evidence)).toBeUndefined();
    expect(spared({ ...evidence, receipt: { ...evidence.receipt, gate: 'no-node' } })).toBeUndefined();
  });

  it.each<[string, Partial<Evidence>]>([
    ['the ledger does not know the launch', { row: undefined }],
    ['the ledger says that it was released', { row: { ...row, outcome: 'already-installed' } }],
    ['the ledger says that it has ended: proof-failed', { row: { ...row, outcome: 'proof-failed' } }],
    ['its Node carries the receipt of a release', { receipt: { ...evidence.receipt, outcome: 'released' } }],
    ['its gate had been lifted in this launch', { receipt: { ...evidence.receipt, gate: 'put-back' } }],
    ['its gate had been lifted in this launch', { receipt: { ...evidence.receipt, gate: 'returned' } }],
    ['the cluster did not say whether its gate was lifted', { receipt: { ...evidence.receipt, gate: undefined } }],
    ['it has no tag airlock:runtime', { instance: { ...instance, tags: {} } }],
  ])('is left alone where %s', (because, change) => {
    expect(spared({ ...evidence, ...change })).toBe(because);
  });

  it.each([
    ['EC2 does not know it', undefined],
    ['it shuts down', { ...instance, state: 'shutting-down' }],
    ['it is stopped', { ...instance, state: 'stopped' }],
    ['it is in another launch', { ...instance, launchedAt: '2026-11-21T09:30:00.000Z' }],
  ])('is gone where %s', (_, shown) => {
    expect(isGone(node, shown)).toBe(true);
    expect(isGone(node, instance)).toBe(false);
  });
});

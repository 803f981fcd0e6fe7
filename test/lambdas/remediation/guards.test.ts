import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Pools } from '../../../domain/pools.ts';
import { type Evidence, isGone, replacementBlocker } from '../../../lambdas/remediation/guards.ts';

const launch = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-21T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  nodeName: 'ip-10-0-0-1',
  providerId: 'aws:///a/i-0123456789abcdef0',
  deadline: '2026-11-21T09:20:00.000Z',
};
const instance = {
  state: 'running',
  launchedAt: launch.launchedAt,
  instanceProfile: 'arn:aws:iam::123456789012:instance-profile/karpenter/demo_1234',
  tags: { 'airlock:runtime': 'gvisor' },
};
const pools: Pools = { deadlineMinutes: 20, onFailure: 'replace', pools: [], instanceProfiles: { demo: ['demo_*'] } };
const row = { ...launch, launch, admittedAt: '2026-11-21T09:00:20.000Z' };
const late = { ...row, launch: { ...launch, deadline: '2026-11-21T10:20:00.000Z' } };
const evidence: Evidence = {
  launch,
  run: row,
  first: row,
  pools,
  instance,
  receipt: { version: 2, ...launch, outcome: 'proof-failed', detail: '', endedAt: '', totalMs: 1, gate: 'kept' },
};

describe('an instance', () => {
  it('with no objection is terminated', () => {
    expect(replacementBlocker(evidence)).toBeUndefined();
    expect(replacementBlocker({ ...evidence, receipt: { ...evidence.receipt, gate: 'no-node' } })).toBeUndefined();
  });

  it.each<[string, Partial<Evidence>]>([
    ['the launch is not in the ledger', { run: undefined }],
    ['its run record has a release', { run: { ...row, outcome: 'already-installed' } }],
    ['its run has ended: proof-failed', { run: { ...row, outcome: 'proof-failed' } }],
    ['its Node has the receipt of a release', { receipt: { ...evidence.receipt, outcome: 'released' } }],
    ['its gate had been lifted in this launch', { receipt: { ...evidence.receipt, gate: 'put-back' } }],
    ['its gate had been lifted in this launch', { receipt: { ...evidence.receipt, gate: 'returned' } }],
    ['the cluster did not report whether its gate was lifted', { receipt: { ...evidence.receipt, gate: undefined } }],
    ['it has no tag airlock:runtime', { instance: { ...instance, tags: {} } }],
    ['its launch was found after its deadline', { first: late }],
    ['its launch was found after its deadline', { first: undefined }],
    ['it does not have the instance profile of a node', { instance: { ...instance, instanceProfile: undefined } }],
    [
      'it does not have the instance profile of a node',
      { instance: { ...instance, instanceProfile: 'arn:aws:iam::123456789012:instance-profile/database' } },
    ],
    ['it does not have the instance profile of a node', { pools: { ...pools, instanceProfiles: {} } }],
  ])('is left as it is if %s', (because, change) => {
    expect(replacementBlocker({ ...evidence, ...change })).toBe(because);
  });

  describe('that was open in this launch', () => {
    const over = { outcome: 'disruption-wait-over', detail: '' } as const;
    const rerun = { why: 'rollout', attempt: 2, released: true, reason: '' } as const;
    const gaveWay = { ...row, launch: { ...launch, rerun }, refused: over, failure: over };
    const { refused: _, ...unplanned } = gaveWay;
    const receipt = { ...evidence.receipt, outcome: over.outcome, gate: 'returned' } as const;
    const lifted = 'its gate had been lifted in this launch';
    const because = (run: RunRecord, change: Partial<Evidence> = {}) =>
      replacementBlocker({ ...evidence, run, receipt, ...change });

    it('is terminated only if it gave way in a rollout, and reconcile planned its end before the run began', () => {
      expect(because(gaveWay)).toBeUndefined();
      expect(because(unplanned)).toBe(lifted);
      expect(because({ ...gaveWay, refused: { outcome: 'version-outdated', detail: '' } })).toBe(lifted);
      expect(because({ ...gaveWay, failure: { outcome: 'proof-failed', detail: '' } })).toBe(lifted);
      expect(because({ ...gaveWay, launch: { ...launch, rerun: { ...rerun, why: 'drifted' } } })).toBe(lifted);
      expect(because({ ...gaveWay, launch })).toBe(lifted);
    });

    it('is kept for every other reason that keeps an instance', () => {
      expect(because(gaveWay, { instance: { ...instance, tags: {} } })).toBe('it has no tag airlock:runtime');
      expect(because(gaveWay, { pools: { ...pools, instanceProfiles: {} } })).toBe(
        'it does not have the instance profile of a node',
      );
      expect(because({ ...gaveWay, outcome: 'released' })).toBe('its run record has a release');
    });
  });

  it.each([
    ['EC2 does not know it', undefined],
    ['it shuts down', { ...instance, state: 'shutting-down' }],
    ['it is stopped', { ...instance, state: 'stopped' }],
    ['it is in another launch', { ...instance, launchedAt: '2026-11-21T09:30:00.000Z' }],
  ])('is gone if %s', (_, shown) => {
    expect(isGone(launch, shown)).toBe(true);
    expect(isGone(launch, instance)).toBe(false);
  });
});

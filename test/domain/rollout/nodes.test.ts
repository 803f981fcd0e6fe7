import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../domain/ledger.ts';
import { poolNodeOf } from '../../../domain/rollout/nodes.ts';
import { planRolloutRun } from '../../../lambdas/reconcile/rollout-runs.ts';
import { launch } from '../../lambdas/arbitraries.ts';

const request = { runtime: 'gvisor', version: '1' } as const;
const released: RunRecord = {
  ...{ instanceId: launch.instanceId, launchedAt: launch.launchedAt, cluster: 'demo', pool: 'ci', launch, request },
  ...{ outcome: 'released', ending: 'released', endedAt: '2026-11-25T09:01:00.000Z' },
};
const rerun = (why: 'drifted' | 'rollout', more = {}) => ({
  ...launch,
  rerun: { why, attempt: 1, released: true, reason: '', ...more },
});
const nodeOf = (run: RunRecord | undefined, tag = 'gvisor', seen = false) =>
  poolNodeOf({ launch, request: { ...request, version: '2' } }, run, tag, seen);

describe('a node of a pool, as the ledger has it', () => {
  it('is open with the version that its run proved', () => {
    expect(nodeOf(released)).toMatchObject({
      version: '1',
      wanted: '2',
      isGated: false,
      isBusy: false,
      isPinned: false,
    });
  });

  it('is behind its gate before its first end, and without a record', () => {
    const { outcome: _, ending: __, ...begun } = released;
    for (const run of [begun, undefined])
      expect(nodeOf(run)).toMatchObject({ version: undefined, isGated: true, isBusy: true });
  });

  it('stays open while its proof is repeated, and is closed once that fails', () => {
    const { outcome: _, ending: __, ...begun } = { ...released, launch: rerun('drifted') };
    expect(nodeOf(begun)).toMatchObject({ version: '1', isGated: false, isBusy: true });
    const failed = { ...begun, outcome: 'proof-failed', ending: 'quarantined' } as const;
    expect(nodeOf(failed)).toMatchObject({ version: undefined, isGated: true });
    const held = { ...begun, outcome: 'breaker-open', ending: 'held' } as const;
    expect(nodeOf(held)).toMatchObject({ version: '1', isGated: false });
  });

  it('is closed during the run of a rollout, whatever was proven before', () => {
    const { outcome: _, ending: __, ...begun } = { ...released, launch: rerun('rollout', { was: '1', to: '2' }) };
    expect(nodeOf(begun)).toMatchObject({
      version: undefined,
      isGated: true,
      rollout: { state: 'under-way', to: '2' },
    });
  });

  it('is left alone once an operator changed it by hand', () => {
    const act = { by: 'ann', at: launch.launchedAt, because: '' };
    const closed = nodeOf({ ...released, operatorAct: { ...act, act: 'quarantine' } });
    const opened = nodeOf({ ...released, operatorAct: { ...act, act: 'release' } });
    expect(closed.isGated).toBe(true);
    expect(closed.isByHand).toBe(true);
    expect(opened.isGated).toBe(false);
    expect(opened.version).toBeUndefined();
  });

  it('counts as unavailable if its Node is behind a gate, which decides nothing else', () => {
    expect(nodeOf(released, 'gvisor', true)).toMatchObject({ version: '1', isGated: true });
  });

  it('is pinned if its tag names a version, to a withdrawn one if that is refused', () => {
    const refused = { outcome: 'version-withdrawn', detail: '' } as const;
    expect(nodeOf(released, 'gvisor@1').isPinned).toBe(true);
    expect(poolNodeOf({ launch, refused }, released, 'gvisor@1', false)).toMatchObject({
      isPinnedToWithdrawn: true,
      wanted: undefined,
    });
    const old = { outcome: 'version-too-old', detail: '' } as const;
    expect(poolNodeOf({ launch, refused: old }, released, 'gvisor@1', false).isPinnedToWithdrawn).toBe(false);
  });
});

describe('the run of a rollout', () => {
  const start = { node: nodeOf(released), version: '2', was: '1' };
  const now = Date.parse('2026-11-25T12:00:00.000Z');

  it('installs the target, with its own deadline, in a launch that is never terminated', () => {
    const planned = planRolloutRun({ ...start, kind: 'install' }, { launch }, released, now);
    expect(planned).toMatchObject({
      request: { runtime: 'gvisor', version: '2' },
      launch: { deadline: '2026-11-25T12:20:00.000Z', rerun: { why: 'rollout', released: true, was: '1', to: '2' } },
    });
    expect(planned).not.toHaveProperty('refused');
  });

  it.each([
    ['give-way', 'version-outdated'],
    ['terminate', 'disruption-wait-over'],
  ] as const)('to %s installs nothing: it ends as %s', (kind, outcome) => {
    const planned = planRolloutRun({ ...start, kind }, { launch }, released, now);
    expect(planned).toMatchObject({ request, refused: { outcome } });
    const refused = { outcome, detail: '' };
    const ended: RunRecord = { ...released, launch: planned.launch, refused, outcome, ending: 'quarantined' };
    expect(nodeOf(ended).rollout).toMatchObject({ state: 'gives-way', to: '2', was: '1' });
  });
});

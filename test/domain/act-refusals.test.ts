import { describe, expect, it } from 'vitest';
import { refusalOf, staleRefusal, unprovenOf } from '../../domain/act-refusals.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { ActName, OperatorAct } from '../../domain/operator-acts.ts';

const run: RunRecord = {
  instanceId: 'i-0123456789abcdef0',
  launchedAt: '2026-11-21T09:00:00.000Z',
  cluster: 'demo',
  pool: 'ci',
  request: { runtime: 'gvisor', version: '1' },
};
const failed: RunRecord = { ...run, outcome: 'proof-failed', ending: 'quarantined' };
const released: RunRecord = { ...run, outcome: 'released', ending: 'released' };
const having = (act: ActName, before: RunRecord): RunRecord => ({
  ...before,
  operatorAct: { act, by: 'arn', at: '2026-11-21T09:30:00.000Z', because: '' } satisfies OperatorAct,
});
const drifted: RunRecord = {
  ...failed,
  launch: { rerun: { why: 'drifted', attempt: 1, released: true, reason: '' } } as NonNullable<RunRecord['launch']>,
};

describe('after a run', () => {
  it.each<[string, ActName, RunRecord, RegExp | undefined]>([
    ['that is under way, nothing is done', 'retry', run, /^its run is under way/],
    ['that is under way, nothing is done by hand either', 'release', run, /^its run is under way/],
    ['that is under way, no runtime is uninstalled', 'uninstall', run, /^its run is under way/],
    ['that is under way, a quarantine by hand is possible', 'quarantine', run, undefined],
    ['whose instance is gone, nothing is done', 'retry', { ...failed, ending: 'replaced' }, /^its launch is over/],
    ['that failed, a retry is possible', 'retry', failed, undefined],
    ['that released the node, a retry is not, and verify is named', 'retry', released, /airlock verify/],
    ['that released the node, verify is possible', 'verify', released, undefined],
    ['that failed, there is no proof to repeat', 'verify', failed, /never released.*airlock retry/],
    ['that failed to repeat a proof, verify is possible', 'verify', drifted, undefined],
    ['that failed, a release by hand is possible', 'release', failed, undefined],
    ['that released the node with a proof, a release by hand is not', 'release', released, /airlock verify/],
    ['and a quarantine by hand, a retry is possible', 'retry', having('quarantine', released), undefined],
    ['and a quarantine by hand, a release by hand is possible', 'release', having('quarantine', released), undefined],
    ['and an uninstallation, there is nothing to prove', 'verify', having('uninstall', released), /airlock retry/],
    [
      'and a request for a proof, a retry of the released node is not possible',
      'retry',
      having('verify', released),
      /airlock verify/,
    ],
    [
      'that never had a request, there is nothing to uninstall',
      'uninstall',
      { ...failed, request: undefined } as never,
      /no runtime/,
    ],
  ])('%s', (_, act, record, refusal) => {
    const seen = refusalOf(act, record);
    if (refusal === undefined) expect(seen).toBeUndefined();
    else expect(seen).toMatch(refusal);
  });

  it('what was not proven is the rest of the proof', () => {
    expect(unprovenOf(failed)).toEqual([
      'that a sandbox starts on the host',
      'that a pod with the RuntimeClass runs on the node',
    ]);
    expect(unprovenOf({ ...failed, installation: {} } as RunRecord)).toHaveLength(1);
  });
});

it('no version is proven again that is withdrawn, too old or gone by now, and the way out is named', () => {
  const one = { ...run, request: { runtime: 'gvisor', version: '1' } } as const;
  const versions = (change: object) => ({ gvisor: { default: '2', all: ['1', '2'], ...change } });
  expect(staleRefusal(one, versions({}))).toBeUndefined();
  expect(staleRefusal({ ...one, request: undefined } as unknown as RunRecord, versions({}))).toBeUndefined();
  for (const [change, words] of [
    [
      { withdrawn: { '1': 'CVE-2026-96812, high' } },
      /^1 is withdrawn: CVE-2026-96812, high; accepted: 2; airlock retry /,
    ],
    [{ floor: { version: '2', because: 'minimumVersion' } }, /^1 is below the minimum; .*; airlock retry /],
    [{ all: ['2'] }, /^gvisor 1 is not in the catalogue any more; accepted: 2; airlock retry /],
  ] as const)
    expect(staleRefusal(one, versions(change))).toMatch(words);
});

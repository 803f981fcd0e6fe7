import { describe, expect, it } from 'vitest';
import { newestRunOf, refusalSince } from '../../domain/act-order.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { ActName } from '../../domain/operator-acts.ts';
import { launch as at } from '../lambdas/arbitraries.ts';

const launch = { ...at, launchedAt: '2026-11-21T09:00:00.000Z' };
const first: RunRecord = {
  instanceId: launch.instanceId,
  launchedAt: launch.launchedAt,
  cluster: 'demo',
  pool: 'ci',
  launch,
  outcome: 'proof-failed',
  ending: 'quarantined',
};
const { outcome: _, ending: __, ...admitted } = first;
const second: RunRecord = { ...admitted, launchedAt: `${launch.launchedAt} 0001` };
const done = (act: ActName, time = '2026-11-21T09:30:00.000Z') => ({
  operatorAct: { act, by: 'arn:ops', at: time, because: '' },
});

describe('the newest run of a launch', () => {
  it('is the one that reconcile admitted meanwhile', () => {
    expect(newestRunOf(first, [first, second])).toBe(second);
    expect(newestRunOf(first, [second, first])).toBe(second);
  });

  it('is the run itself, as the ledger has it now', () => {
    const now = { ...first, ...done('quarantine') };
    expect(newestRunOf(first, [now])).toBe(now);
    expect(newestRunOf(first, [])).toBe(first);
  });

  it('is never one of another launch', () => {
    const other = '2026-11-21T10:00:00.000Z';
    expect(newestRunOf(first, [{ ...first, launchedAt: other, launch: { ...launch, launchedAt: other } }])).toBe(first);
  });
});

describe('a retry that waited for its confirmation', () => {
  it.each<[string, RunRecord, RunRecord, RegExp | undefined]>([
    ['is possible if nothing happened', first, first, undefined],
    ['is refused after a quarantine meanwhile', first, { ...first, ...done('quarantine') }, /quarantine .* meanwhile/],
    [
      'is refused after an uninstallation meanwhile',
      first,
      { ...first, ...done('uninstall') },
      /uninstall .* meanwhile/,
    ],
    [
      'is possible after a quarantine that was known',
      { ...first, ...done('quarantine') },
      { ...first, ...done('quarantine') },
      undefined,
    ],
    [
      'is refused after a second quarantine',
      { ...first, ...done('quarantine') },
      { ...first, ...done('quarantine', '2026-11-21T09:31:00.000Z') },
      /meanwhile/,
    ],
    ['is refused once another run is under way', first, second, /under way/],
    ['is possible if another operator asked for the same', first, { ...first, ...done('retry') }, undefined],
  ])('%s', (_, seen, latest, refusal) => {
    const found = refusalSince('retry', seen, latest);
    if (refusal === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(refusal);
  });
});

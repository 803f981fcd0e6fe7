import { describe, expect, it } from 'vitest';
import { endingOf, outcomeCodes } from '../../../domain/outcomes.ts';
import { onFailures } from '../../../domain/pools.ts';
import { decideDisposition, isEvidence } from '../../../lambdas/remediation/decide.ts';

const failures = outcomeCodes.filter((code) => endingOf(code) !== 'done' && endingOf(code) !== 'discard');

describe.each(onFailures)('a pool with %s', (onFailure) => {
  it('holds every failed node while the breaker is open', () => {
    for (const outcome of failures)
      expect(decideDisposition({ outcome, onFailure, open: true, failures: 1 })).toBe('hold');
  });

  it('keeps nodes that a substitute would not improve', () => {
    for (const outcome of failures.filter((code) => endingOf(code) === 'quarantine'))
      expect(decideDisposition({ outcome, onFailure, open: false, failures: 1 })).toBe('quarantine');
  });

  it("discards what is gone, whatever the breaker's state", () => {
    for (const open of [true, false])
      expect(decideDisposition({ outcome: 'instance-gone', onFailure, open, failures: 0 })).toBe('discard');
  });
});

describe('a failure that a substitute may not repeat', () => {
  it.each([
    ['quarantine', 1, 'quarantine'],
    ['replace', 1, 'replace'],
    ['replace', 9, 'replace'],
    ['replace-then-quarantine', 1, 'replace'],
    ['replace-then-quarantine', 2, 'quarantine'],
  ] as const)('under %s, as failure %i of its window, %s', (onFailure, count, expected) => {
    expect(decideDisposition({ outcome: 'proof-failed', onFailure, open: false, failures: count })).toBe(expected);
  });
});

it('a failure counts for the breaker unless the node was not tried, or a person or a deployment stopped its run', () => {
  const request = { runtime: 'gvisor', version: '20260928.0' } as const;
  const counts = failures.filter((outcome) => isEvidence(outcome, request));
  expect(failures.filter((outcome) => !counts.includes(outcome)).toSorted()).toEqual([
    'breaker-open',
    'closed-by-operator',
    'disruption-wait-over',
    'version-outdated',
    'version-too-old',
    'version-withdrawn',
  ]);
  // A tag that requests what nodes may not get is the pool's own mistake.
  for (const outcome of ['version-withdrawn', 'version-too-old', 'unknown-runtime'] as const)
    expect(isEvidence(outcome, undefined)).toBe(true);
});

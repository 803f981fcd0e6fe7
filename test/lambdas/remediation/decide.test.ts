import { describe, expect, it } from 'vitest';
import { endingOf, outcomeCodes } from '../../../domain/outcomes.ts';
import { onFailures } from '../../../domain/pools.ts';
import { decideVerdict } from '../../../lambdas/remediation/decide.ts';

const failures = outcomeCodes.filter((code) => endingOf(code) !== 'done' && endingOf(code) !== 'discard');

describe.each(onFailures)('a pool that says %s', (onFailure) => {
  it('holds every failed node while the breaker is open', () => {
    for (const outcome of failures) expect(decideVerdict({ outcome, onFailure, open: true, failures: 1 })).toBe('hold');
  });

  it('keeps what a substitute would not do better', () => {
    for (const outcome of failures.filter((code) => endingOf(code) === 'quarantine'))
      expect(decideVerdict({ outcome, onFailure, open: false, failures: 1 })).toBe('quarantine');
  });

  it('forgets what is gone, whatever the breaker', () => {
    for (const open of [true, false])
      expect(decideVerdict({ outcome: 'instance-gone', onFailure, open, failures: 0 })).toBe('discard');
  });
});

describe('what a substitute may do better', () => {
  it.each([
    ['quarantine', 1, 'quarantine'],
    ['replace', 1, 'replace'],
    ['replace', 9, 'replace'],
    ['replace-then-quarantine', 1, 'replace'],
    ['replace-then-quarantine', 2, 'quarantine'],
  ] as const)('is under %s, as failure %i of its window, %s', (onFailure, count, expected) => {
    expect(decideVerdict({ outcome: 'proof-failed', onFailure, open: false, failures: count })).toBe(expected);
  });
});

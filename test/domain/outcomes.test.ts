import { describe, expect, it } from 'vitest';
import { isOutcome, outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';

describe('the list of outcomes', () => {
  it.each(outcomeCodes)('explains for %s what happened, why, and what to do, each as a sentence', (code) => {
    const { sentence, cause, operator } = outcomeOf(code);
    for (const text of [sentence, cause, operator]) expect(text).toMatch(/^[A-Za-z].*\.$/);
  });

  it('is closed', () => {
    expect(isOutcome('proof-failed')).toBe(true);
    expect(isOutcome('toString')).toBe(false);
  });

  it.each(outcomeCodes.filter((code) => outcomeOf(code).consequence.next === 'retry'))(
    'retries %s at least once',
    (code) => {
      const { consequence } = outcomeOf(code);
      expect(consequence).toMatchObject({ attempts: expect.toSatisfy((attempts: number) => attempts >= 2) });
    },
  );
});

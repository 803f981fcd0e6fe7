import { describe, expect, it } from 'vitest';
import { nextCommand, outcomeLink } from '../../domain/outcome-commands.ts';
import { isOutcome, outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';

describe('the list of outcomes', () => {
  it.each(outcomeCodes)('explains for %s what happened, why, and what to do, each as a sentence', (code) => {
    const { sentence, cause, operator } = outcomeOf(code);
    for (const text of [sentence, cause, operator]) expect(text).toMatch(/^[A-Za-z].*\.$/);
  });

  it.each(outcomeCodes)('has for %s the next command for a node, unless there is nothing to find out', (code) => {
    const command = nextCommand(code, { instance: 'i-0123456789abcdef0', node: 'ip-10-0-0-4' });
    const { operator } = outcomeOf(code);

    expect(command === undefined).toBe(operator === 'Nothing.');
    expect(command ?? 'npx airlock').toMatch(
      /^(npx airlock|aws|kubectl) [^{}\n]+$|^kubectl .*jsonpath='\{[^{}\n]+\}'$|^npx airlock$/,
    );
    expect(outcomeLink(code)).toBe(`docs/operate/outcomes.md#${code}`);
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

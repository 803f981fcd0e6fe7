import fc from 'fast-check';
import { expect, it } from 'vitest';
import { claimLimit, claimText } from '../../domain/claim-text.ts';

const runs = { numRuns: 10_000 };
const bytes = fc.string({ unit: 'binary', maxLength: 3_000 });

it('a claim is printable ASCII within its limit, whatever its author wrote', () => {
  fc.assert(
    fc.property(bytes, fc.integer({ min: 1, max: 2_000 }), (text, limit) => {
      const claimed = claimText(text, limit);
      expect(claimed).toMatch(/^[ -~]*$/);
      expect(claimed.length).toBeLessThanOrEqual(limit);
    }),
    runs,
  );
});

it('a valid claim is unchanged', () => {
  fc.assert(
    fc.property(bytes, (text) => {
      const once = claimText(text);
      expect(claimText(once)).toBe(once);
    }),
    runs,
  );
});

it.each([
  ['colours of a terminal', '\u001b[31mred', '?[31mred'],
  ['a mark that turns the direction of writing', 'a\u202eb', 'a?b'],
  ['a line break', 'one\r\ntwo', 'one  two'],
  ['a lone half of a character', '\ud83d', '?'],
])('%s is removed', (_what, text, claimed) => {
  expect(claimText(text)).toBe(claimed);
});

it('a text that is cut ends with a mark', () => {
  expect(claimText('x'.repeat(claimLimit + 1))).toBe(`${'x'.repeat(claimLimit - 3)}...`);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { claimLimit, claimText } from '../../domain/claim-text.ts';
import { markedSecrets } from '../marked-secrets.ts';

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
  expect(claimText('x '.repeat(claimLimit))).toBe(`${'x '.repeat(claimLimit).slice(0, claimLimit - 3)}...`);
});

it.each(Object.entries(markedSecrets))('%s is masked, before a text is cut', (_what, secret) => {
  for (const limit of [2_000, 40]) {
    const claimed = claimText(`before ${secret} after`, limit);
    expect(claimed).not.toContain('MARKED');
    expect(claimText(claimed, limit)).toBe(claimed);
  }
  expect(claimText(`before ${secret} after`)).toMatch(/^before .*REDACTED.* after$/);
});

it.each([
  'The security token included in the request is expired',
  'tag airlock:runtime is "gvisor@1"; accepted is gvisor or gvisor@ followed by one of 20260928.0',
  `sha512 ${'a1'.repeat(64)} of https://storage.googleapis.com/gvisor/releases/release/20260928.0/x86_64/runsc`,
  'arn:aws:states:eu-central-1:123456789012:execution:WorkflowStateMachine:i-0123456789abcdef0-1764324000-install-1-abc',
])('%s has no secret and is unchanged', (text) => {
  expect(claimText(text)).toBe(text);
});

it.each(['x', '-', '.a', 'token', 'a://', 'eyJ-', 'Bearer ', 'X-Amz-', '-----BEGIN A-----', 'aB1', 'password '])(
  'a long text of %j alone is read within the time of a test: the time grows with its length only',
  (part) => {
    expect(claimText(part.repeat(20_000 / part.length)).length).toBeLessThanOrEqual(claimLimit);
  },
);

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureFrom, withoutEnd } from '../../../lib/workflow/expressions.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { Jsonata } from '../../../packages/local-aws/states.ts';

const jsonata = new Jsonata(new VirtualClock(0));
const failure = { outcome: 'proof-failed', detail: 'the first' };

async function caught(from: 'function' | 'answer', name: string, cause?: string) {
  const errorOutput = { Error: name, ...(cause === undefined ? {} : { Cause: cause }) };
  return (await jsonata.evaluate(failureFrom('Step', from), 'Assign', { states: { errorOutput }, failure })) as {
    outcome: string;
    detail: string;
  };
}

/** How Lambda reports an error that Node threw. */
const thrown = (errorType: string, errorMessage: string) => JSON.stringify({ errorType, errorMessage, trace: [] });

describe('the cause of an error', () => {
  it('of a function is its message', async () => {
    const message = 'it said "no": C:\\ \u00e9 \n {"errorMessage":"x"}';
    expect(await caught('function', 'proof-failed', thrown('proof-failed', message))).toEqual({
      outcome: 'proof-failed',
      detail: 'it said "no": C:\\ ? ? {"errorMessage":"x"}',
    });
  });

  it.each([
    ['of Lambda itself', '{"errorMessage":"Task timed out after 90.00 seconds"}', 'Task timed out after 90.00 seconds'],
    ['that is no JSON', 'Rate exceeded', 'Rate exceeded'],
    [
      'that Step Functions cut',
      '{"errorType":"proof-failed","errorMessage":"it',
      '{"errorType":"proof-failed","errorMessage":"it',
    ],
    ['with an escape that JSON does not have', '{"errorMessage":"\\q"}', '{"errorMessage":"\\q"}'],
  ])('%s becomes the detail', async (_what, cause, detail) => {
    expect((await caught('function', 'proof-failed', cause)).detail).toBe(detail);
  });

  it('of a step that timed out names the step in words, and that of a bug its error', async () => {
    expect(await caught('function', 'States.Timeout')).toEqual({
      outcome: 'deadline-passed',
      detail: 'the step Step did not end in time',
    });
    expect(await caught('function', 'TypeError', thrown('TypeError', 'x is undefined'))).toEqual({
      outcome: 'internal-error',
      detail: 'in Step: TypeError: x is undefined',
    });
  });

  it('that a node wrote is never parsed', async () => {
    for (const detail of ['{"errorMessage":', '{"errorMessage":"released"}', '{ "a": 1, "errorMessage": 2 }']) {
      expect(await caught('answer', 'proof-failed', detail)).toEqual({ outcome: 'proof-failed', detail });
    }
  });

  it('is bounded and printable, and breaks no expression, whatever it holds', async () => {
    const start = fc.constantFrom(
      '',
      '{"errorMessage":',
      '{"errorMessage":"',
      '{"errorType":"a","errorMessage":"',
      '\\',
      '"',
    );
    const text = fc.tuple(start, fc.string({ unit: 'binary', maxLength: 1_500 })).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('function', 'answer'), text, async (from, cause) => {
        const { outcome, detail } = await caught(from, 'proof-failed', cause);
        expect(outcome).toBe('proof-failed');
        expect(detail).toMatch(/^[ -~]{0,1000}$/);
      }),
      { numRuns: 10_000 },
    );
  });

  it('is added to a failure in the same way', async () => {
    const errorOutput = { Error: 'X', Cause: '{"errorMessage":' };
    expect(await jsonata.evaluate(withoutEnd, 'Assign', { states: { errorOutput }, failure })).toEqual({
      ...failure,
      detail: 'the first; the end of its command was not seen: {"errorMessage":',
    });
  });
});

// Vectors of https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html and API_CommandPlugin.html
import { describe, expect, it } from 'vitest';
import { combine, cutStream } from '../../../local/agent/output.ts';

describe('what is kept of an output', () => {
  it('is 24,000 characters of a stream, and the end says that it was cut', () => {
    const kept = cutStream('x'.repeat(24_001));

    expect(kept).toHaveLength(24_000);
    expect(kept.endsWith('--output truncated--')).toBe(true);
    expect(cutStream('x'.repeat(24_000))).toBe('x'.repeat(24_000));
  });

  it('is stdout, then stderr under its title', () => {
    expect(combine('out', 'err')).toBe('out\n----------ERROR-------\nerr');
    expect(combine('out', '')).toBe('out');
  });

  it('is never more than 2,500 characters of both together', () => {
    for (const [out, err] of [
      [3_000, 0],
      [0, 3_000],
      [3_000, 3_000],
      [2_000, 600],
      [600, 2_000],
    ] as const) {
      expect(combine('o'.repeat(out), 'e'.repeat(err)).length).toBeLessThanOrEqual(2_500);
    }
  });

  it('cuts a short first line of stdout never, however long stderr is', () => {
    expect(combine('{"airlock":1}\n', 'e'.repeat(20_000)).startsWith('{"airlock":1}\n')).toBe(true);
  });
});

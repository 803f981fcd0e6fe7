// Examples from https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html and
// API_CommandPlugin.html, and of TruncateOutput in the agent's
// agent/framework/processor/executer/iohandler/iohandler.go
import { describe, expect, it } from 'vitest';
import { resultLimit } from '../../../../domain/result.ts';
import { combine, cutStream } from '../../agent/output.ts';

describe('what is kept of an output', () => {
  it('is less than 24,000 bytes of a stream, or 24,000 whose end states that it was cut', () => {
    const kept = cutStream('x'.repeat(24_000));

    expect(kept).toHaveLength(24_000);
    expect(kept.endsWith('--output truncated--')).toBe(true);
    expect(cutStream('x'.repeat(23_999))).toBe('x'.repeat(23_999));
  });

  it('is stdout, then stderr under its title', () => {
    expect(combine('out', 'err')).toBe('out\n----------ERROR-------\nerr');
    expect(combine('out', '')).toBe('out');
  });

  it('is never more than 2,500 bytes of both together', () => {
    for (const [out, err] of [
      [3_000, 0],
      [0, 3_000],
      [3_000, 3_000],
      [2_000, 600],
      [600, 2_000],
    ] as const) {
      expect(combine('o'.repeat(out), 'e'.repeat(err)).length).toBeLessThanOrEqual(2_500);
    }
    expect(combine('\u00e9'.repeat(2_000), '').length).toBeLessThanOrEqual(1_300);
  });

  it('is a half of each if both are longer than 1,238 bytes', () => {
    const kept = combine(`${'o'.repeat(1_239)}\n`, 'e'.repeat(1_239));

    expect(kept.startsWith(`${'o'.repeat(1_215)}\n---Output truncated---`)).toBe(true);
    expect(kept.endsWith(`${'e'.repeat(1_215)}\n---Error truncated----`)).toBe(true);
  });

  it('is the whole of the longest result line, however long stderr is', () => {
    const line = `${'o'.repeat(resultLimit)}\n`;

    for (const long of [0, 1_237, 1_238, 1_239, 2_400, 24_000]) {
      expect(combine(line, 'e'.repeat(long)).startsWith(line)).toBe(true);
    }
  });
});

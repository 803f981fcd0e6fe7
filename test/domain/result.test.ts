import { describe, expect, it } from 'vitest';
import { readResult } from '../../domain/result.ts';

const result = {
  airlock: 1,
  verb: 'install',
  runtime: 'gvisor',
  version: '20260928.0',
  outcome: 'installed',
  detail: '',
  handler: 'runsc',
  sha256: 'a'.repeat(64),
  config: 'edited',
  restarts: 1,
  phases: { fetch: 12 },
};

describe('the result of a document', () => {
  it('is the first line of its output', () => {
    const read = readResult(`${JSON.stringify(result)}\n\n----------ERROR-------\nsome log`);
    expect(read).toEqual({ ok: true, result });
  });

  it.each([
    ['nothing', '', 'printed no result'],
    ['a cut line', JSON.stringify(result).slice(0, 60), 'printed no JSON'],
    ['another outcome', JSON.stringify({ ...result, outcome: 'fine' }), 'at outcome'],
    ['a negative phase', JSON.stringify({ ...result, phases: { fetch: -1 } }), 'at phases.fetch'],
    ['another version', JSON.stringify({ ...result, airlock: 2 }), 'at airlock'],
    ['a list', '[]', 'not valid at'],
  ])('is refused with the reason if it is %s', (_, stdout, reason) => {
    expect(readResult(stdout)).toEqual({ ok: false, reason: expect.stringContaining(reason) });
  });
});

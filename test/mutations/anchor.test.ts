import { describe, expect, it } from 'vitest';
import { applyEdit } from './anchor.ts';

const file = 'decide.ts';
const text = `
export function decide(run: Run, now: number): string | undefined {
  // A comment.
  if (run.outcome !== undefined) return 'ended';
  if (run.failure !== undefined &&
      run.failure.at < now) return 'failed';
  return send({ first: 1, comment: run.batchId, last: 2 });
}
const limit = Math.max(1, 2);
class Ledger { claim() { return limit; } look() { return limit; } }
`;

function edited(within: string, find: string, to: string): string {
  return applyEdit(text, { file, within, find, to });
}

describe('an edit', () => {
  it('finds a statement whatever the layout and the names of variables', () => {
    expect(edited('decide', "if ($A) return 'failed';", 'if (false) return 1;')).toContain(
      "  if (run.outcome !== undefined) return 'ended';\n  if (false) return 1;\n",
    );
    expect(edited('decide', "if ($RUN.outcome !== undefined) return 'ended';", '')).toContain('// A comment.\n  \n');
  });

  it('finds an expression, and keeps what its names matched', () => {
    expect(edited('decide', '$RUN.failure !== undefined && $LATE', '$LATE')).toContain('if (run.failure.at < now)');
    expect(edited('limit', 'Math.max($A, $B)', '$B')).toContain('const limit = 2;');
  });

  it('matches one name with one text', () => {
    expect(() => edited('limit', 'Math.max($A, $A)', '')).toThrow('limit in decide.ts has 0 times Math.max($A, $A)');
  });

  it('deletes a member of an object with its comma', () => {
    expect(edited('decide', 'comment: $ANY', '')).toContain('{ first: 1,  last: 2 }');
  });

  it('changes only the declaration that it names', () => {
    expect(edited('Ledger.look', 'limit', '0')).toContain('claim() { return limit; } look() { return 0; }');
  });

  it('is refused if its place is not there, or there more than once', () => {
    expect(() => edited('gone', 'limit', '')).toThrow('decide.ts declares no gone');
    expect(() => edited('decide', 'return $A;', '')).toThrow('decide in decide.ts has 3 times return $A;');
  });
});

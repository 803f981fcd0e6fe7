import { expect, it } from 'vitest';
import { tableLines } from '../../../cli/output/table.ts';

const rows = [
  { id: 'i-00a0000000000137d', why: 'starting container: waiting for sandbox to start: EOF', took: '43.5 s' },
  { id: 'i-00a00000000001348', why: '', took: '600.0 s' },
];
type Row = (typeof rows)[number];
const columns = [
  { name: 'instance', isWhole: true as const, cell: ({ id }: Row) => id },
  { name: 'took', isNumber: true as const, cell: ({ took }: Row) => took },
  { name: 'why', cell: ({ why }: Row) => why },
];

it.each([40, 60, 80, 200])('a table of %i columns has no longer line, and a cut ends in an ellipsis', (width) => {
  const lines = tableLines(columns, rows, width);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(width);
  for (const { id, took } of rows) expect(lines.join('\n')).toMatch(new RegExp(`^${id} +${took}`, 'm'));
  if (width < 90) expect(lines[1]?.endsWith('…')).toBe(true);
  else expect(lines[1]?.endsWith('EOF')).toBe(true);
});

it('a table that cannot be narrower keeps its numbers and the names that people copy', () => {
  expect(tableLines(columns, rows, 10)[1]).toBe('i-00a0000000000137d   43.5 s  startin…');
});

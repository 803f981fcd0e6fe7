import { outputWidth } from './text.ts';

/** A column of a table in the terminal. */
export interface TextColumn<Row> {
  readonly name: string;
  /** Numbers are aligned at their end. */
  readonly isNumber?: true;
  /** Names that people copy are never cut. */
  readonly isWhole?: true;
  readonly cell: (row: Row) => string;
}

const gap = 2;
/** The width at which a column is readable, in characters. */
const narrowest = 8;

/**
 * Aligns rows in columns. If they do not fit, the widest column of text is cut, and each cut ends in an ellipsis.
 *
 * @param width of a line, in characters
 * @returns the lines, the names of the columns first
 */
export function tableLines<Row>(
  columns: readonly TextColumn<Row>[],
  rows: readonly Row[],
  width: number = outputWidth(),
): readonly string[] {
  const cells = [columns.map(({ name }) => name), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at]?.length ?? 0)));
  const total = () => widths.reduce((sum, one) => sum + one + gap, -gap);
  while (total() > width) {
    const texts = columns.flatMap(({ isNumber, isWhole }, at) => (isNumber || isWhole ? [] : [at]));
    const [widest] = texts.toSorted((one, other) => (widths[other] ?? 0) - (widths[one] ?? 0));
    if (widest === undefined || (widths[widest] ?? 0) <= narrowest) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return cells.map((line) =>
    line
      .map((text, at) => padded(text, widths[at] ?? 0, columns[at]?.isNumber === true))
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

function padded(text: string, width: number, isNumber: boolean): string {
  const cut = text.length > width ? `${text.slice(0, Math.max(width - 1, 0))}…` : text;
  return isNumber ? cut.padStart(width) : cut.padEnd(width);
}

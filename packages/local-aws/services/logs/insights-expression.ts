/**
 * Expressions of Logs Insights:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
 */

/** A line of a log with the fields that Logs Insights discovers in it. */
export type Row = Readonly<Record<string, unknown>>;

/** The value of an expression in a row, or over the rows of a group. */
export type Evaluate = (row: Row, group: readonly Row[]) => unknown;

const hourMs = 3_600_000;

const tokenForm = /\s*(`[^`]+`|"[^"]*"|\/(?:[^/\\\n]|\\.)+\/(?=\s|$)|[\d.]+(?![\w.])|[@\w][@\w.]*|[(),*/=[\]])/gy;

/** Cuts a text into tokens. @throws Error at what is not modelled */
export function tokens(text: string): string[] {
  const found: string[] = [];
  tokenForm.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = tokenForm.lastIndex) {
    tokenForm.lastIndex = at;
    const [, token] = tokenForm.exec(text) ?? [];
    if (token === undefined) throw new Error(`the query part ${text.slice(at)} is not modelled`);
    found.push(token);
  }
  return found;
}

const functions: Readonly<Record<string, (args: readonly Evaluate[], row: Row, group: readonly Row[]) => unknown>> = {
  coalesce: (args, row, group) => args.map((one) => one(row, group)).find((value) => value !== undefined),
  bin: (_, row) => Math.floor(Number(row['@timestamp']) / hourMs) * hourMs,
  count: (_args, _row, group) => group.length,
  latest: ([value], row, group) =>
    group
      .toSorted(byTime)
      .map((one) => value?.(one, group))
      .at(-1) ?? value?.(row, group),
  max: (args, _, group) => numbers(args, group).at(-1),
  pct: (args, row, group) => {
    const sorted = numbers(args, group);
    const share = Number(args[1]?.(row, group)) / 100;
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  },
};

function byTime(one: Row, other: Row): number {
  return Number(one['@timestamp']) - Number(other['@timestamp']);
}

function numbers([value]: readonly Evaluate[], group: readonly Row[]): readonly number[] {
  const all = group.map((row) => Number(value?.(row, group)));
  return all.filter((number) => !Number.isNaN(number)).toSorted((one, other) => one - other);
}

/** Reads one expression off the front of a list of tokens: a field, a value, a call, or a division of two of them. */
export function readExpression(list: string[]): Evaluate {
  const left = readOperand(list);
  if (list[0] !== '/') return left;
  list.shift();
  const right = readOperand(list);
  return (row, group) => Number(left(row, group)) / Number(right(row, group));
}

function readOperand(list: string[]): Evaluate {
  const token = list.shift() ?? '';
  if (list[0] === '(') return readCall(token, list);
  if (/^"/.test(token)) return () => token.slice(1, -1);
  if (/^\d/.test(token)) return () => Number.parseFloat(token);
  if (token === '*') return () => undefined;
  const name = token.replaceAll('`', '');
  if (!/^[@\w.-]+$/.test(name)) throw new Error(`the query part ${token} is not modelled`);
  return (row) => row[name];
}

function readCall(name: string, list: string[]): Evaluate {
  const call = functions[name];
  if (call === undefined) throw new Error(`the function ${name} is not modelled`);
  list.shift();
  const args: Evaluate[] = [];
  while (list[0] !== ')') {
    // The width of a bin: only hours are used here.
    if (name === 'bin' && list.shift() !== '1h') throw new Error('only bin(1h) is modelled');
    if (name !== 'bin') args.push(readExpression(list));
    if (list[0] === ',') list.shift();
  }
  list.shift();
  return (row, group) => call(args, row, group);
}

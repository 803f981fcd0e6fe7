/**
 * Queries of Logs Insights over log events, as far as fields, filter, stats, sort and limit go:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
import { RE2JS } from 're2js';
import { type Evaluate, type Row, readExpression, tokens } from './insights-expression.ts';

/** An event of a log group. */
interface LogEvent {
  readonly timestamp: number;
  readonly message: string;
}

/** How many rows a query returns without a limit. Source: CloudWatch Logs User Guide, "limit". */
const usualLimit = 10_000;

type Command = (rows: readonly Row[]) => readonly Row[];

const commands: Readonly<Record<string, (text: string) => Command>> = {
  fields(text) {
    const columns = readColumns(tokens(text));
    return (rows) => rows.map((row) => ({ ...row, ...valuesOf(columns, row, [row]) }));
  },
  filter(text) {
    const holds = readCondition(tokens(text));
    return (rows) => rows.filter(holds);
  },
  stats(text) {
    const [values = '', keys = ''] = text.split(/\sby\s/);
    const columns = readColumns(tokens(values));
    const groupedBy = keys === '' ? [] : readColumns(tokens(keys));
    return (rows) => {
      const keyed = rows.map((row) => ({ row, key: valuesOf(groupedBy, row, [row]) }));
      const groups = Map.groupBy(keyed, ({ key }) => JSON.stringify(key));
      return [...groups.values()].map((group) => {
        const own = group.map(({ row }) => row);
        return { ...group[0]?.key, ...valuesOf(columns, own[0] ?? {}, own) };
      });
    };
  },
  sort(text) {
    const [, name = '', order] = /^(\S+) (asc|desc)$/.exec(text) ?? [];
    if (order === undefined) throw new Error(`sort ${text} is not modelled`);
    const sign = order === 'asc' ? 1 : -1;
    return (rows) => rows.toSorted((one, other) => sign * compare(one[name], other[name]));
  },
  limit: (text) => (rows) => rows.slice(0, Number(text)),
};

/**
 * Runs a query.
 *
 * @returns the rows with all their fields, or the columns of `stats`
 * @throws Error for what is not modelled
 */
export function runQuery(query: string, events: readonly LogEvent[]): readonly Row[] {
  const read = query.split(/\n\| /).map((line) => {
    const [, name = '', text = ''] = /^(\w+) ([\s\S]+)$/.exec(line) ?? [];
    const command = commands[name];
    if (command === undefined) throw new Error(`the command ${line} is not modelled`);
    return command(text);
  });
  const rows = read.reduce<readonly Row[]>((all, command) => command(all), events.map(rowOf));
  return rows.slice(0, usualLimit);
}

/** The fields of an event: its time and text, and those of its JSON, with dots between the levels. */
function rowOf({ timestamp, message }: LogEvent): Row {
  const own = { '@timestamp': timestamp, '@message': message };
  if (!message.startsWith('{')) return own;
  return { ...flattened(JSON.parse(message) as Row, ''), ...own };
}

function flattened(value: Row, prefix: string): Row {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      typeof inner === 'object' && inner !== null
        ? Object.entries(flattened(inner as Row, `${prefix}${name}.`))
        : [[`${prefix}${name}`, inner]],
    ),
  );
}

interface Column {
  readonly name: string;
  readonly value: Evaluate;
}

function readColumns(list: string[]): readonly Column[] {
  const columns: Column[] = [];
  while (list.length > 0) {
    const before = [...list];
    const value = readExpression(list);
    const source = before.slice(0, before.length - list.length).join('');
    const alias = list[0] === 'as' ? list.splice(0, 2)[1] : undefined;
    columns.push({ name: (alias ?? source).replaceAll('`', ''), value });
    const next = list.shift();
    if (next !== undefined && next !== ',') throw new Error(`the query part ${next} is not modelled`);
  }
  return columns;
}

function valuesOf(columns: readonly Column[], row: Row, group: readonly Row[]): Row {
  return Object.fromEntries(columns.map(({ name, value }) => [name, value(row, group)]));
}

/**
 * Comparisons joined by `or`: `=`, `in` a list, or `like` a pattern. Which grammar a pattern has is not documented, so it
 * is RE2's, which every common engine reads alike.
 */
function readCondition(list: string[]): (row: Row) => boolean {
  const left = readExpression(list);
  const operator = list.shift();
  const wanted = operator === 'in' ? readList(list) : [list.shift() ?? ''];
  const pattern = operator === 'like' ? RE2JS.compile(wanted[0]?.slice(1, -1) ?? '') : undefined;
  if (!['=', 'in', 'like'].includes(operator ?? '')) throw new Error(`the operator ${operator} is not modelled`);
  const texts = wanted.map((text) => text.replaceAll('"', ''));
  const holds = (row: Row) => {
    const value = left(row, [row]);
    return pattern === undefined ? texts.includes(String(value)) : pattern.matcher(String(value)).find();
  };
  if (list.length === 0) return holds;
  const joined = list.shift();
  if (joined !== 'or') throw new Error(`the query part ${joined} is not modelled`);
  const other = readCondition(list);
  return (row) => holds(row) || other(row);
}

function readList(list: string[]): readonly string[] {
  const end = list.indexOf(']');
  const [, ...items] = list.splice(0, end + 1);
  return items.filter((item) => /^"/.test(item));
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  const [left, right] = [String(one ?? ''), String(other ?? '')];
  return left < right ? -1 : left > right ? 1 : 0;
}

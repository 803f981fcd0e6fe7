import { tableLines } from '../output/table.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';
import type { Report } from './schema.ts';

/** Prints a report for people. */
export function printReport(report: Report): void {
  const width = outputWidth();
  const { since, until, launches, notChecked } = report;
  print(wrap(`${styled('bold', 'report')} from ${since} to ${until}`, width));
  print(wrap(`${launches.total} launches: ${statesIn(launches)}`, width));
  printTimes(report, width);
  printOutcomes(report, width);
  printWorst(report, width);
  printBreakers(report, width);
  printVersions(report, width);
  printWaits(report, width);
  const { launches: cost, standing, pricesOf } = report.cost;
  heading('cost');
  print(
    wrap(`${dollars(cost.from)} to ${dollars(cost.to)} for the launches, ${dollars(standing)} for the time`, width, 2),
  );
  print(wrap(`estimated from what the local cloud counts, at the prices of us-east-1 on ${pricesOf}`, width, 2));
  for (const { resource, reason } of notChecked) print(`\n${wrap(`could not look at ${resource}: ${reason}`, width)}`);
}

/** Seconds with one decimal. */
export const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** US dollars; cents of a cent for small amounts. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(amount > 0 && amount < 0.1 ? 4 : 2)}`;
}

/** How many launches have each state, in words. */
export function statesIn({ byState, releasedPercent }: Report['launches']): string {
  const counts = Object.entries(byState).map(([state, count]) => `${count} ${state}`);
  const rate =
    releasedPercent === undefined ? [] : [`${releasedPercent.toFixed(1)} % of those that ended were released`];
  return [...counts, ...rate].join(', ') || 'none in this period';
}

/** What a row of times is about. */
export function scopeOf({ by, name }: Report['times'][number]): string {
  return by === 'all' ? 'all' : `${by} ${name}`;
}

function heading(text: string): void {
  print(`\n${styled('bold', text)}`);
}

function printLines(lines: readonly string[]): void {
  for (const line of lines) print(`  ${line}`);
}

function printTimes({ times }: Report, width: number): void {
  if (times.length === 0) return;
  heading('launch to release');
  const rows = times.map((row) => ({ name: row.name || 'all', launches: row.launches, ...row.total }));
  const numbers = (['p50', 'p95', 'p99', 'max'] as const).map((name) => ({
    name,
    isNumber: true as const,
    cell: (row: Report['times'][number]['total']) => seconds(row[name]),
  }));
  const counted = {
    name: 'nodes',
    isNumber: true as const,
    cell: (row: (typeof rows)[number]) => `${row.launches}`,
  };
  printLines(
    tableLines([{ name: '', cell: ({ name }: (typeof rows)[number]) => name }, counted, ...numbers], rows, width - 2),
  );
  heading('phases, of all');
  const phases = times[0]?.phases.map(({ phase, took }) => ({ name: phase, ...took })) ?? [];
  printLines(
    tableLines([{ name: '', cell: ({ name }: (typeof phases)[number]) => name }, ...numbers], phases, width - 2),
  );
}

function printOutcomes({ outcomes }: Report, width: number): void {
  if (outcomes.length === 0) return;
  heading('outcomes');
  for (const { outcome, launches, sentence } of outcomes) {
    print(`${String(launches).padStart(7)}  ${outcome}`);
    print(wrap(sentence, width, 9));
  }
}

function printWorst({ worst }: Report, width: number): void {
  if (worst.length === 0) return;
  heading('worst launches (npx airlock explain INSTANCE says more)');
  const columns = [
    { name: 'instance', isWhole: true as const, cell: ({ instanceId }: Report['worst'][number]) => instanceId },
    { name: 'outcome', cell: ({ outcome }: Report['worst'][number]) => outcome },
    { name: 'took', isNumber: true as const, cell: ({ totalMs }: Report['worst'][number]) => seconds(totalMs) },
    { name: 'pool', cell: ({ pool }: Report['worst'][number]) => pool },
    { name: 'why', cell: ({ detail, slowest }: Report['worst'][number]) => detail || slowest },
  ];
  printLines(tableLines(columns, worst, width - 2));
}

function printBreakers({ breakers }: Report, width: number): void {
  heading('breakers');
  if (breakers.length === 0) print('  none opened or closed');
  for (const { at, change, cluster, pool, version, because } of breakers)
    print(wrap(`${at}  ${change}  ${cluster} ${pool} ${version}: ${because}`, width, 2));
}

function printVersions({ versions }: Report, width: number): void {
  if (versions.length === 0) return;
  heading('versions');
  for (const { request, launches, released, advisories } of versions) {
    print(wrap(`${request}: ${launches} launches, ${released} released`, width, 2));
    for (const { id, reason, link } of advisories) print(wrap(`${styled('yellow', id)}: ${reason} ${link}`, width, 4));
  }
}

function printWaits({ waits, commands }: Report, width: number): void {
  if (waits.length === 0) return;
  heading('what launches waited for Airlock');
  const number = (name: 'p50' | 'p95' | 'max') => ({
    name,
    isNumber: true as const,
    cell: (row: Report['waits'][number]) => seconds(row[name]),
  });
  const columns = [
    { name: '', cell: ({ measure }: Report['waits'][number]) => measure },
    { name: 'aim', isNumber: true as const, cell: ({ aimMs }: Report['waits'][number]) => seconds(aimMs) },
    number('p50'),
    number('p95'),
    number('max'),
  ];
  printLines(tableLines(columns, waits, width - 2));
  print(wrap(`${commands.sent} commands of SSM, ${commands.nodesPerCommand.toFixed(1)} nodes each`, width, 2));
}

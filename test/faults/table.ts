import { faults } from '../../packages/lab/faults.ts';
import type { Played } from './play.ts';

interface Row {
  runs: number;
  violations: number;
  worstMs: number;
  readonly outcomes: Map<string, number>;
}

/** The matrix: a row for each fault by itself, one for each number of faults together, and the rollouts. */
export class Table {
  runs = 0;
  violations = 0;
  readonly #rows = new Map<string, Row>();

  add({ draw, outcomes, violations, worstMs }: Played): void {
    const name = rowOf(draw);
    const row = this.#rows.get(name) ?? { runs: 0, violations: 0, worstMs: 0, outcomes: new Map() };
    this.#rows.set(name, row);
    this.runs++;
    this.violations += violations.length;
    row.runs++;
    row.violations += violations.length;
    row.worstMs = Math.max(row.worstMs, worstMs);
    for (const [outcome, count] of Object.entries(outcomes)) {
      row.outcomes.set(outcome, (row.outcomes.get(outcome) ?? 0) + count);
    }
  }

  /** The table as Markdown. */
  text(): string {
    const order = ['none', ...Object.keys(faults)];
    const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
    const rows = [...this.#rows].toSorted(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
    const lines = rows.map(([name, { runs, violations, worstMs, outcomes }]) => {
      const counts = [...outcomes].toSorted(([, a], [, b]) => b - a).map(([outcome, count]) => `${outcome} ${count}`);
      return `| ${name} | ${runs} | ${counts.join(', ')} | ${violations} | ${time(worstMs)} |`;
    });
    return ['| fault | runs | outcomes | violations | latest end |', '|---|---|---|---|---|', ...lines].join('\n');
  }
}

/** The row of a run. */
function rowOf({ rollout, faults: planted }: Played['draw']): string {
  if (rollout !== undefined) return `rollout ${rollout.runtime === 'gvisor' ? 'in place' : 'by replacement'}`;
  const [only = 'none'] = planted;
  return planted.length > 1 ? `${planted.length} together` : only;
}

/** Minutes and seconds of virtual time. */
function time(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

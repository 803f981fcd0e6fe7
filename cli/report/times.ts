import { phasesOf } from '../../domain/launch-phases.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { endingOf } from '../../domain/outcomes.ts';
import { quantiles } from '../../domain/quantile.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Report, Spread } from './schema.ts';
import { nameOfRequest } from './states.ts';

/** The usual order of phases. */
const order = ['agent online', 'command sent', 'proven on the node', 'Node Ready', 'released'];

/** How long released launches took: all, then by pool, by runtime and by version. */
export function timesOf(released: readonly RunRecord[]): Report['times'] {
  const timed = released.flatMap((run) => (run.receipt === undefined ? [] : [{ run, receipt: run.receipt }]));
  const groups = (by: Report['times'][number]['by'], nameOf: (run: RunRecord) => string) =>
    [...Map.groupBy(timed, ({ run }) => nameOf(run))]
      .map(([name, group]) => ({ by, name, ...groupOf(group.map(({ receipt }) => receipt)) }))
      .toSorted((one, other) => other.total.p95 - one.total.p95);
  return [
    ...groups('all', () => ''),
    ...groups('pool', ({ cluster, pool }) => `${cluster} ${pool}`),
    ...groups('runtime', ({ request }) => request?.runtime ?? ''),
    ...groups('version', nameOfRequest),
  ];
}

function groupOf(receipts: readonly Receipt[]) {
  const taken = new Map<string, number[]>();
  for (const receipt of receipts) {
    for (const { phase, tookMs } of phasesIn(receipt)) {
      const values = taken.get(phase) ?? [];
      values.push(tookMs);
      taken.set(phase, values);
    }
  }
  const known = [...taken].toSorted(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  return {
    launches: receipts.length,
    total: spreadOf(receipts.map(({ totalMs }) => totalMs)),
    phases: known.map(([phase, values]) => ({ phase, took: spreadOf(values) })),
  };
}

/** The phases of a launch. A time after the end is a wrong claim of its kubelet. */
function phasesIn(receipt: Receipt): readonly { readonly phase: string; readonly tookMs: number }[] {
  const isDone = endingOf(receipt.outcome) === 'done';
  return phasesOf(receipt)
    .filter(({ atMs }) => atMs <= receipt.totalMs)
    .map(({ name, tookMs }) => ({ phase: isDone && name === receipt.outcome ? 'released' : name, tookMs }));
}

/** The longest phase of a launch with its seconds; empty if it reached none. */
export function slowestPhase({ receipt }: RunRecord): string {
  const [slowest] = (receipt === undefined ? [] : phasesIn(receipt)).toSorted(
    (one, other) => other.tookMs - one.tookMs,
  );
  return slowest === undefined ? '' : `${slowest.phase} ${(slowest.tookMs / 1_000).toFixed(1)} s`;
}

function spreadOf(values: readonly number[]): Spread {
  const [p50, p95, p99, max] = quantiles(values, [0.5, 0.95, 0.99, 1]) as [number, number, number, number];
  return { p50, p95, p99, max };
}

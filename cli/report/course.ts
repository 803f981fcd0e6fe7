import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { quantile } from '../../domain/quantile.ts';
import type { Report } from './schema.ts';
import { stateOf } from './states.ts';

/** What a report is about. Times are milliseconds since the epoch. */
export interface Period {
  readonly since: number;
  readonly until: number;
}

const minuteMs = 60_000;
/** The lengths that a part of a period can have, in milliseconds. */
const lengths = [1, 5, 15, 60, 3 * 60, 12 * 60, 24 * 60].map((minutes) => minutes * minuteMs);
const mostParts = 60;
const mostBars = 40;

/** The length of the parts of a period, in milliseconds: at most sixty parts, or a day each. */
function partMs({ since, until }: Period): number {
  return lengths.find((length) => (until - since) / length <= mostParts) ?? (lengths.at(-1) as number);
}

/** Launches by the time at which they began. */
export function course(launches: readonly RunRecord[], period: Period): Report['course'] {
  const length = partMs(period);
  const first = Math.floor(period.since / length);
  const last = Math.floor(period.until / length);
  const groups = Map.groupBy(launches, (run) => Math.floor(Date.parse(launchTimeOf(run)) / length));
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const group = groups.get(first + at) ?? [];
    const released = group.filter((run) => stateOf(run) === 'released');
    const underWay = group.filter((run) => stateOf(run) === 'under way').length;
    const discarded = group.filter((run) => stateOf(run) === 'discarded').length;
    const totals = released.flatMap(({ receipt }) => receipt?.totalMs ?? []);
    return {
      from: new Date((first + at) * length).toISOString(),
      released: released.length,
      failed: group.length - released.length - underWay - discarded,
      underWay,
      ...(totals.length === 0 ? {} : { p50: quantile(totals, 0.5), p95: quantile(totals, 0.95) }),
    };
  });
}

/**
 * How many launches took how long, in at most forty bars of a round number of seconds. The last one has all that took
 * longer than the 99th percentile.
 */
export function histogram(released: readonly RunRecord[]): Report['histogram'] {
  const totals = released.flatMap(({ receipt }) => receipt?.totalMs ?? []);
  if (totals.length === 0) return [];
  const most = quantile(totals, 0.99);
  const width = [1, 2, 5, 10, 20, 30, 60, 120, 300].find((seconds) => most / (seconds * 1_000) < mostBars) ?? 600;
  const first = Math.floor(quantile(totals, 0) / (width * 1_000));
  const last = Math.floor(most / (width * 1_000));
  const counts = Array.from({ length: last - first + 1 }, () => 0);
  for (const total of totals) {
    const at = Math.min(Math.floor(total / (width * 1_000)), last) - first;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((launches, at) => ({
    fromMs: (first + at) * width * 1_000,
    toMs: (first + at + 1) * width * 1_000,
    launches,
  }));
}

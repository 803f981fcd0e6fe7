import type { Rang } from './alarms.ts';
import { deployments, monthStart, outages } from './calendar.ts';

const hour = 3_600_000;

interface Expected {
  readonly alarms: readonly string[];
  /** Milliseconds since the month began. */
  readonly from: number;
  readonly to: number;
}

const bad = deployments.findIndex(({ about }) => about.includes('fails'));
const badFrom = deployments[bad]?.at ?? 0;
const goodFrom = deployments[bad + 1]?.at ?? 0;

/** The alarms that must or may fire, and when. */
const expected: readonly Expected[] = [
  // New launches and the canaries fail. The nodes that were held are tried again by and by.
  {
    alarms: ['RolloutStopped', 'ReleaseRate', 'BreakerOpen', 'GatedTooLong'],
    from: badFrom,
    to: goodFrom + 12 * hour,
  },
  // Every pass that surveys the cluster fails, and so do the functions that answer for it.
  ...Object.values(outages).map(({ from, to }) => ({
    alarms: ['ReconcileSilent', 'FunctionErrors', 'ReleaseRate', 'GatedTooLong'],
    from,
    to: to + 2 * hour,
  })),
];

/** Alarms that may fire at any time: one event of a hundred is lost, and functions die. */
const always = ['EventsMissed', 'FunctionErrors'];

/** The alarms that fired without a reason. */
export function unexpectedAlarms(rang: readonly Rang[]): readonly Rang[] {
  return rang.filter(({ alarm, at }) => {
    const since = at - monthStart;
    return (
      !always.includes(alarm) &&
      !expected.some(({ alarms, from, to }) => alarms.includes(alarm) && since >= from && since <= to)
    );
  });
}

/**
 * The states of a metric alarm over time:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html and
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */

/** The state of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** A state that an alarm came into. */
export interface StateChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly state: AlarmState;
}

/** A metric alarm, as a template declares it. */
export interface MetricAlarm {
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  /** Seconds. */
  readonly Period: number;
  readonly EvaluationPeriods: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData?: string;
}

/** One value of the alarm's metric. */
export interface Point {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly value: number;
}

const minuteMs = 60_000;

/**
 * How many periods beyond its own an alarm of several periods reads, to find data points for those that are missing.
 * AWS's page shows five periods for an alarm of three, and states no number for others.
 */
const morePeriods = 2;

/**
 * The states that an alarm comes into. It is evaluated every minute, over the periods that end there, and begins in
 * INSUFFICIENT_DATA.
 *
 * @param points values of its metric, in any order
 * @param from when the alarm was created, in milliseconds since the epoch
 */
export function statesOf(
  alarm: MetricAlarm,
  points: readonly Point[],
  { from, until }: { readonly from: number; readonly until: number },
): readonly StateChange[] {
  const byMinute = Map.groupBy(points, ({ timestamp }) => Math.floor(timestamp / minuteMs));
  const changes: StateChange[] = [{ at: from, state: 'INSUFFICIENT_DATA' }];
  for (let minute = Math.floor(from / minuteMs) + 1; minute * minuteMs <= until; minute++) {
    const last = changes.at(-1)?.state ?? 'INSUFFICIENT_DATA';
    const state = stateAt(alarm, byMinute, minute, last);
    if (state !== last) changes.push({ at: minute * minuteMs, state });
  }
  return changes;
}

/** @param end the minute that the newest period ends with, exclusive */
function stateAt(
  alarm: MetricAlarm,
  byMinute: ReadonlyMap<number, readonly Point[]>,
  end: number,
  last: AlarmState,
): AlarmState {
  const { EvaluationPeriods: wanted, TreatMissingData: treat = 'missing' } = alarm;
  const minutes = alarm.Period / 60;
  const values = Array.from({ length: wanted === 1 ? 1 : wanted + morePeriods }, (_, back) => {
    const first = end - (back + 1) * minutes;
    const inPeriod = Array.from({ length: minutes }, (_none, at) => byMinute.get(first + at) ?? []).flat();
    return inPeriod.length === 0 ? undefined : statistic(alarm, inPeriod);
  });
  const real = values.filter((value) => value !== undefined).slice(0, wanted);
  const breaching = real.filter((value) => isBreach(alarm, value)).length;
  const missing = wanted - real.length;
  if (missing === 0) return breaching === wanted ? 'ALARM' : 'OK';
  if (treat === 'notBreaching') return 'OK';
  if (treat === 'breaching') return breaching === real.length ? 'ALARM' : 'OK';
  if (treat === 'ignore') return last;
  if (real.length === 0) return 'INSUFFICIENT_DATA';
  return breaching === real.length ? 'ALARM' : 'OK';
}

function isBreach({ ComparisonOperator, Threshold }: MetricAlarm, value: number): boolean {
  if (ComparisonOperator === 'GreaterThanThreshold') return value > Threshold;
  if (ComparisonOperator === 'LessThanThreshold') return value < Threshold;
  throw new Error(`the operator ${ComparisonOperator} is not modelled`);
}

function statistic({ Statistic, ExtendedStatistic }: MetricAlarm, points: readonly Point[]): number {
  const sorted = points.map(({ value }) => value).toSorted((one, other) => one - other);
  const sum = sorted.reduce((all, one) => all + one, 0);
  if (Statistic === 'Sum') return sum;
  if (Statistic === 'Average') return sum / sorted.length;
  if (Statistic === 'Minimum') return sorted[0] ?? 0;
  if (Statistic === 'Maximum') return sorted.at(-1) ?? 0;
  const [, percent] = /^p(\d+)$/.exec(ExtendedStatistic ?? '') ?? [];
  if (percent === undefined) throw new Error(`the statistic ${Statistic ?? ExtendedStatistic} is not modelled`);
  return sorted[Math.ceil((Number(percent) / 100) * sorted.length) - 1] ?? 0;
}

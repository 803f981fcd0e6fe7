import type { Simulation } from '../../packages/lab/simulation.ts';
import { lambdaErrors, type MetricValue, metricValues, visibleMessages } from '../../packages/local-aws/services.ts';
import { alarmName } from '../alarms.ts';
import type { Pace } from './pace.ts';

/** An alarm that rang, and when. */
export interface Rang {
  readonly alarm: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The alarms that rang. A pass that was left out counts as one that ended well, as quiet passes do. */
export function alarmsOf({ cloud, services }: Simulation, { skipped }: Pace): readonly Rang[] {
  const reconcile = cloud.resource('Reconcile/Function/Resource').ref;
  const emitted = metricValues(cloud.logs);
  const values = [
    ...emitted,
    ...repeatGauges(emitted, skipped),
    ...lambdaErrors([
      ...cloud.lambda.invocations,
      ...skipped.map((at) => ({ functionName: reconcile, at, failed: false })),
    ]),
    ...visibleMessages(services.sqs, cloud.core.clock.now()),
  ];
  return services.cloudWatch
    .histories(values)
    .flatMap(({ logicalId, states }) =>
      states
        .filter(({ state }, at) => state === 'ALARM' || (state === 'INSUFFICIENT_DATA' && at > 0))
        .map(({ at }) => ({ alarm: alarmName(logicalId), at })),
    )
    .toSorted((one, other) => one.at - other.at);
}

/** What each pass emits about how things are. */
const gauges = ['BreakersOpen', 'RolloutsStopped', 'AdvisoriesLate', 'GatedNodes', 'OldestGatedAge'];

/** How long after the one before a pass is, in milliseconds, if none is left out. */
const passMs = 2 * 60_000;

/** A pass that was left out emits what the one before it did. */
function repeatGauges(emitted: readonly MetricValue[], skipped: readonly number[]): readonly MetricValue[] {
  const known = emitted.filter(({ name }) => gauges.includes(name)).toSorted((a, b) => a.timestamp - b.timestamp);
  const repeated: MetricValue[] = [];
  let at = 0;
  let last: MetricValue[] = [];
  let lastAt = 0;
  for (const time of skipped) {
    for (; known[at] !== undefined && (known[at]?.timestamp ?? 0) <= time; at++) {
      const value = known[at];
      if (value === undefined) continue;
      // The values of one pass are within its time.
      last = value.timestamp - lastAt < passMs / 2 ? [...last, value] : [value];
      lastAt = value.timestamp;
    }
    if (time - lastAt > 1.5 * passMs) last = [];
    const copies = last.map((value) => ({ ...value, timestamp: time }));
    repeated.push(...copies);
    if (copies.length > 0) lastAt = time;
  }
  return repeated;
}

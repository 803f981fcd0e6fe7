import type { Simulation } from '../packages/lab/simulation.ts';
import { type AlarmHistory, lambdaErrors, metricValues, visibleMessages } from '../packages/local-aws/services.ts';

/** The name of an alarm's row in the table, by its logical id. A queue's alarm has its queue's name before that. */
export function alarmName(logicalId: string): string {
  return logicalId.replace(/^Alarms(.*?)(demo)?[0-9A-F]{8}$/, '$1');
}

/** What every alarm of a run did so far. */
export function alarmHistories({ cloud, services }: Simulation): readonly AlarmHistory[] {
  const values = [
    ...metricValues(cloud.logs),
    ...lambdaErrors(cloud.lambda.invocations),
    ...visibleMessages(services.sqs, cloud.core.clock.now()),
  ];
  return services.cloudWatch.histories(values);
}

/**
 * Which alarms needed a person at some time: those that were in ALARM, or that came back to INSUFFICIENT_DATA, in which
 * every alarm begins.
 *
 * @returns their names, sorted
 */
export function alarmsThatFired(world: Simulation): readonly string[] {
  return alarmHistories(world)
    .filter(({ states }) =>
      states.some(({ state }, at) => state === 'ALARM' || (state === 'INSUFFICIENT_DATA' && at > 0)),
    )
    .map(({ logicalId }) => alarmName(logicalId))
    .toSorted();
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricNamespace } from '../domain/metrics.ts';
import type { Simulation } from '../packages/lab/simulation.ts';
import { type MetricValue, metricValues } from '../packages/local-aws/services.ts';

/** An alarm on one metric, as a template declares it. */
interface Alarm {
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Statistic?: string;
  readonly ExtendedStatistic?: string;
  readonly Period: number;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
}

/** The name of an alarm's row in the table, by its logical id. */
export function alarmName(logicalId: string): string {
  return logicalId.replace(/^Alarms(.*?)(demo)?[0-9A-F]{8}$/, '$1');
}

/**
 * Which alarms on metrics of Airlock were in ALARM at some time: those with a period whose statistic is beyond the threshold. Periods begin on
 * multiples of their length, and one without data is quiet.
 * Source: CloudWatch User Guide, "Using Amazon CloudWatch alarms", "Evaluating an alarm".
 *
 * @returns their names, sorted
 */
export function alarmsThatFired(world: Simulation, assembly: string): readonly string[] {
  const { Resources } = JSON.parse(readFileSync(join(assembly, 'Airlock.template.json'), 'utf8')) as {
    readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Alarm }>>;
  };
  const values = metricValues(world.cloud.logs);
  return Object.entries(Resources)
    .filter(([, { Type, Properties }]) => Type === 'AWS::CloudWatch::Alarm' && Properties.Namespace === metricNamespace)
    .filter(([, { Properties }]) => hasFired(Properties, values))
    .map(([id]) => alarmName(id))
    .toSorted();
}

function hasFired(alarm: Alarm, values: readonly MetricValue[]): boolean {
  const wanted = Object.fromEntries((alarm.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
  const same = (dimensions: Readonly<Record<string, string>>) =>
    JSON.stringify(Object.entries(dimensions).toSorted()) === JSON.stringify(Object.entries(wanted).toSorted());
  const own = values.filter(({ name, dimensions }) => name === alarm.MetricName && same(dimensions));
  const periods = Map.groupBy(own, ({ timestamp }) => Math.floor(timestamp / (alarm.Period * 1_000)));
  return [...periods.values()].some((period) => {
    const value = statisticOf(
      alarm,
      period.map((one) => one.value),
    );
    if (alarm.ComparisonOperator === 'GreaterThanThreshold') return value > alarm.Threshold;
    if (alarm.ComparisonOperator === 'LessThanThreshold') return value < alarm.Threshold;
    throw new Error(`the operator ${alarm.ComparisonOperator} is not modelled`);
  });
}

function statisticOf({ Statistic, ExtendedStatistic }: Alarm, values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const sum = values.reduce((all, one) => all + one, 0);
  if (Statistic === 'Sum') return sum;
  if (Statistic === 'Average') return sum / values.length;
  if (Statistic === 'Minimum') return sorted[0] ?? 0;
  if (Statistic === 'Maximum') return sorted.at(-1) ?? 0;
  const [, percent] = /^p(\d+)$/.exec(ExtendedStatistic ?? '') ?? [];
  if (percent === undefined) throw new Error(`the statistic ${Statistic ?? ExtendedStatistic} is not modelled`);
  return sorted[Math.ceil((Number(percent) / 100) * sorted.length) - 1] ?? 0;
}

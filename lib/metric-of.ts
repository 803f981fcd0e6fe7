import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { type Dimension, type MetricDefinition, type MetricName, metricNamespace, metrics } from '../domain/metrics.ts';

/**
 * A metric of Airlock as CloudWatch keeps it.
 *
 * @param dimensions the values of one of its sets of dimensions; `service` is filled in
 * @throws Error if the metric has no such set
 */
export function metricOf(name: MetricName, dimensions: Readonly<Partial<Record<Dimension, string>>> = {}): Metric {
  const { dimensions: sets, emittedBy }: MetricDefinition = metrics[name];
  const given = Object.keys(dimensions).toSorted().join(', ');
  const set = sets.find(
    (keys) =>
      keys
        .filter((key) => key !== 'service')
        .toSorted()
        .join(', ') === given,
  );
  if (set === undefined) throw new Error(`${name} has no dimensions ${given}`);
  const [service] = emittedBy;
  const values = set.map((key) => [key, key === 'service' ? service : dimensions[key]] as const);
  return new Metric({
    namespace: metricNamespace,
    metricName: name,
    dimensionsMap: Object.fromEntries(values.map(([key, value]) => [key, value ?? ''])),
  });
}

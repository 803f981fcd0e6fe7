import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { endPoints, type LaunchEnd } from '../../domain/launch-metrics.ts';
import {
  type Dimension,
  metrics as definitions,
  type MetricDefinition,
  type MetricPoint,
  metricNamespace,
  type ServiceCount,
} from '../../domain/metrics.ts';

/** The structured logger of the function. The service name comes from POWERTOOLS_SERVICE_NAME. */
export const logger = new Logger();

/** Metrics in CloudWatch's embedded format. They are part of the function's log, so they need no extra permission. */
const metrics = new Metrics({ namespace: metricNamespace });

const service = process.env['POWERTOOLS_SERVICE_NAME'] ?? '';

/** Emits one value of a metric, under each of the metric's sets of dimensions. */
export function emit({ name, dimensions, value }: MetricPoint): void {
  const { unit, dimensions: sets }: MetricDefinition = definitions[name];
  const values: Readonly<Partial<Record<Dimension, string>>> = { ...dimensions, service };
  const one = metrics.singleMetric();
  // The metric's own sets are all that it is recorded under: Powertools adds the service to each of them otherwise.
  one.clearDefaultDimensions();
  for (const set of sets) one.addDimensions(Object.fromEntries(set.map((key) => [key, values[key] ?? ''])));
  one.addMetric(name, unit, value);
}

/** Emits what the end of a run is counted as. */
export function emitEnd(end: LaunchEnd): void {
  for (const point of endPoints(end)) emit(point);
}

/** Counts something that happened in a batch, by the function that runs. */
export function count(name: ServiceCount, times: number): void {
  if (times > 0) emit({ name, dimensions: {}, value: times });
}

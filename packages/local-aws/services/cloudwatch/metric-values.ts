/**
 * The values of metrics that functions write into their logs in the embedded metric format:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Logs } from '../logs/logs.ts';

/** One value of a metric. */
export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

interface EmbeddedMetrics {
  readonly Timestamp: number;
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
    readonly Metrics: readonly { readonly Name: string }[];
  }[];
}

/**
 * What CloudWatch takes out of logs: lines in the embedded metric format, one value for each set of dimensions, and the
 * lines that metric filters count.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricValues(logs: Logs): readonly MetricValue[] {
  const values = logs.groups.flatMap((group) => {
    const filters = [...logs.metricFilters.values()].filter((one) => one.group === group);
    return logs
      .events(group)
      .flatMap(({ message, timestamp }) => [
        ...embedded(message),
        ...filters
          .filter(({ terms }) => terms.some((term) => message.includes(term)))
          .map(({ namespace, name, value }) => ({ namespace, name, dimensions: {}, value, timestamp })),
      ]);
  });
  return values.toSorted((one, other) => one.timestamp - other.timestamp);
}

/**
 * @throws Error if CloudWatch would drop a value without a word: a dimension that is no text, or a value that is no
 * number
 */
function embedded(message: string): readonly MetricValue[] {
  if (!message.startsWith('{') || !message.includes('"_aws"')) return [];
  const line = JSON.parse(message) as Readonly<Record<string, unknown>> & { readonly _aws: EmbeddedMetrics };
  const { Timestamp: timestamp, CloudWatchMetrics } = line._aws;
  return CloudWatchMetrics.flatMap(({ Namespace: namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name: name }) => {
        const dimensions = Object.fromEntries(names.map((key) => [key, dimensionOf(key, line[key])]));
        const value = line[name];
        if (typeof value !== 'number') throw new Error(`the metric ${name} is ${String(value)}, which is no number`);
        return { namespace, name, dimensions, value, timestamp };
      }),
    ),
  );
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html */
function dimensionOf(key: string, value: unknown): string {
  if (typeof value !== 'string' || !/^(?!:)(?=.*\S)[ -~]{1,1024}$/.test(value)) {
    throw new Error(`CloudWatch takes no dimension ${key} with the value ${JSON.stringify(value)}`);
  }
  return value;
}

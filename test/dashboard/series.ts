import type { MetricValue } from '../../packages/local-aws/services.ts';

/** A widget of a dashboard's body, as far as a picture needs it. */
export interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly alarms?: readonly string[];
  };
}

/** A line of a graph. */
export interface Line {
  readonly label: string;
  /** Which axis it belongs to. */
  readonly side: 'left' | 'right';
  /** By the beginning of the period, milliseconds since the epoch. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

interface Options {
  readonly label?: string;
  readonly stat?: string;
  readonly period?: number;
  readonly yAxis?: 'left' | 'right';
  readonly expression?: string;
}

/** What a metric is searched by: its names, its set of dimensions, and some of their values. */
interface Wanted {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly dimensions: readonly string[];
  readonly only: Readonly<Record<string, string>>;
  readonly stat: string;
  readonly periodMs: number;
}

const usualPeriod = 300;

/**
 * The lines that CloudWatch draws for a metric widget.
 *
 * @param values all values of all metrics
 * @throws Error for an expression that is none of the dashboard's searches
 */
export function linesOf({ properties: { metrics = [] } }: Widget, values: readonly MetricValue[]): readonly Line[] {
  return metrics.flatMap((entry) => {
    const last = entry.at(-1);
    const options: Options = typeof last === 'object' && last !== null ? (last as Options) : {};
    const side = options.yAxis ?? 'left';
    if (options.expression !== undefined) return searched(readSearch(options.expression), values, side);
    const [namespace = '', name = '', ...rest] = entry.filter((part) => typeof part === 'string');
    const pairs = Array.from({ length: rest.length / 2 }, (_, at) => [rest[at * 2], rest[at * 2 + 1]] as const);
    const only = Object.fromEntries(pairs.map(([key, value]) => [key ?? '', value ?? '']));
    const wanted: Wanted = {
      namespace,
      names: [name],
      dimensions: Object.keys(only),
      only,
      stat: options.stat ?? 'Average',
      periodMs: (options.period ?? usualPeriod) * 1_000,
    };
    return searched(wanted, values, side).map((line) => ({ ...line, label: options.label ?? line.label }));
  });
}

/** Reads `SEARCH('{Airlock,cluster} MetricName="A" cluster="b"', 'p95', 300)`. */
function readSearch(expression: string): Wanted {
  const [, schema = '', terms = '', stat = '', period = ''] =
    /^SEARCH\('\{([^}]+)\} (.+)', '(\w+)', (\d+)\)$/.exec(expression) ?? [];
  if (stat === '') throw new Error(`the expression ${expression} is not one of the dashboard's searches`);
  const [namespace = '', ...dimensions] = schema.split(',');
  const pairs = [...terms.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value] as const);
  return {
    namespace,
    names: pairs.filter(([key]) => key === 'MetricName').map(([, value]) => value),
    dimensions,
    only: Object.fromEntries(pairs.filter(([key]) => key !== 'MetricName')),
    stat,
    periodMs: Number(period) * 1_000,
  };
}

function searched(wanted: Wanted, values: readonly MetricValue[], side: Line['side']): readonly Line[] {
  const { namespace, names, dimensions, only, stat, periodMs } = wanted;
  const keys = dimensions.toSorted().join(',');
  const own = values.filter(
    (value) =>
      value.namespace === namespace &&
      names.includes(value.name) &&
      Object.keys(value.dimensions).toSorted().join(',') === keys &&
      Object.entries(only).every(([key, wantedValue]) => value.dimensions[key] === wantedValue),
  );
  const byMetric = Map.groupBy(own, ({ name, dimensions: of }) => {
    const parts = dimensions.filter((key) => !(key in only)).map((key) => of[key] ?? '');
    return [...(names.length > 1 ? [name] : []), ...parts].join(' ') || name;
  });
  return [...byMetric].map(([label, group]) => {
    const periods = Map.groupBy(group, ({ timestamp }) => Math.floor(timestamp / periodMs) * periodMs);
    const points = [...periods].map(([at, inPeriod]) => ({
      at,
      value: statistic(
        stat,
        inPeriod.map(({ value }) => value),
      ),
    }));
    return { label, side, points: points.toSorted((one, other) => one.at - other.at) };
  });
}

/** @throws Error for a statistic that the dashboard does not use */
function statistic(stat: string, values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const sum = values.reduce((all, one) => all + one, 0);
  const [, percent] = /^p(\d+)$/.exec(stat) ?? [];
  if (percent !== undefined) return sorted[Math.ceil((Number(percent) / 100) * sorted.length) - 1] ?? Number.NaN;
  if (stat === 'Sum') return sum;
  if (stat === 'Average') return sum / values.length;
  if (stat === 'Maximum') return sorted.at(-1) ?? Number.NaN;
  throw new Error(`the statistic ${stat} is not modelled`);
}

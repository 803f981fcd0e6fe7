import { type MetricDefinition, metricNamespace, metrics } from '../../domain/metrics.ts';
import { wrapProse } from './wrap.ts';

/** `docs/operate/metrics.md`: every metric that Airlock emits, as a page for operators. */
export function metricsPage(): string {
  const rows = Object.entries<MetricDefinition>(metrics).map(([name, { unit, dimensions, emittedBy, meaning }]) => {
    const sets = dimensions.map((set) => (set.length === 0 ? 'none' : set.map((key) => `\`${key}\``).join(', ')));
    const by = emittedBy.length === 0 ? 'a metric filter' : emittedBy.map((one) => `\`${one}\``).join(', ');
    return `| \`${name}\` | ${meaning} | ${unit} | ${sets.join('; ')} | ${by} |`;
  });
  return wrapProse(`# Metrics

Every metric of Airlock, in the namespace \`${metricNamespace}\`. This page is made from [\`domain/metrics.ts\`](../../domain/metrics.ts) by \`npm run docs\`. Functions write them into their
logs in CloudWatch's embedded metric format, so p50, p95 and p99 of a time are statistics of its metric. [alarms.md](alarms.md) has what fires.

A semicolon separates sets of dimensions: a value is recorded once under each. Each set with its values costs $0.30 a month, by the hours in which it is emitted, so a
fleet at rest costs nothing here: what is zero is not emitted. A launch without a pool is recorded under the pool \`none\`.

| metric | what it counts | unit | dimensions | emitted by |
|---|---|---|---|---|
${rows.join('\n')}
`);
}

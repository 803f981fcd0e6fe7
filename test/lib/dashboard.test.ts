import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, inject, it } from 'vitest';
import { parseCatalogue } from '../../domain/catalogue.ts';
import { type MetricDefinition, type MetricName, metrics } from '../../domain/metrics.ts';
import { AirlockStack } from '../../lib/airlock-stack.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { dashboardFaults } from '../../packages/local-aws/services.ts';

const catalogue = parseCatalogue(
  readFileSync(join(import.meta.dirname, '..', '..', 'ssm-documents', 'catalogue.yaml'), 'utf8'),
);

function templateOf(config: string): Template {
  const outdir = mkdtempSync(join(inject('scratch'), 'dashboard-'));
  const app = new App({ outdir, context: { 'aws:cdk:bundling-stacks': [] } });
  return Template.fromStack(new AirlockStack(app, 'Airlock', { config: parseConfig(config), catalogue }));
}

/** The body as CloudFormation sends it, with names in place of what it refers to. */
function bodyOf(config: string): string {
  const [dashboard] = Object.values(templateOf(config).findResources('AWS::CloudWatch::Dashboard'));
  return textOf(dashboard?.['Properties'].DashboardBody);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, inner] = []] = Object.entries(value as Readonly<Record<string, unknown>>);
  if (name === 'Fn::Join') {
    const [separator, parts] = inner as [string, unknown[]];
    return parts.map(textOf).join(separator);
  }
  return name === 'Fn::GetAtt' && (inner as string[])[1] === 'Arn' ? `arn:${String(inner)}` : 'eu-central-1';
}

interface Widget {
  readonly type: string;
  readonly properties: { readonly markdown?: string; readonly metrics?: readonly unknown[][] };
}

const one = 'clusters: [{name: demo}]';
const network = '{vpc: vpc-01234567, subnets: [subnet-01234567], securityGroup: sg-01234567}';
const several = `
clusters:
  - {name: one}
  - {name: two, private: true}
  - {name: lab, endpoint: "https://10.0.0.1:6443", certificateAuthority: LS0tLS1CRUdJTiBDRVJU, network: ${network}}
pools: [{name: sandboxed}, {name: 'builders, "quoted"'}, {name: "it's"}]
`;

const body = bodyOf(one);
const { widgets } = JSON.parse(body) as { readonly widgets: readonly Widget[] };
const lines = widgets.flatMap(({ properties }) => properties.metrics ?? []);

describe('the dashboard', () => {
  it.each([
    ['one cluster', one],
    ['several clusters and pools', several],
    [
      'fifty pools',
      `${one}\npools: ${JSON.stringify(Array.from({ length: 50 }, (_, at) => ({ name: `pool-${at}` })))}`,
    ],
  ])('has the structure that CloudWatch documents: %s', (_, config) => {
    expect(dashboardFaults(bodyOf(config))).toEqual([]);
  });

  it('has the fleet first, then a row for each cluster and each configured pool that a search can name, then the machinery', () => {
    const rows = (JSON.parse(bodyOf(several)) as { widgets: Widget[] }).widgets.flatMap(
      ({ properties }) => properties.markdown ?? [],
    );
    expect(rows).toEqual([
      '## Fleet',
      '## Cluster one',
      '## Cluster two',
      '## Cluster lab',
      '## Pool sandboxed',
      '## Machinery',
      '## Events and commands',
    ]);
  });

  it('graphs every metric that Airlock emits', () => {
    const pooled = bodyOf(`${one}\npools: [{name: sandboxed}]`);
    expect(
      Object.keys(metrics).filter((name) => !pooled.includes(`"${name}`) && !pooled.includes(`\\"${name}\\"`)),
    ).toEqual([]);
  });

  it('searches for metrics of Airlock by one of their sets of dimensions', () => {
    const found = [
      ...bodyOf(several).matchAll(/SEARCH\('\{Airlock,([a-z,]+)\} \(?((?:MetricName=\\"\w+\\"(?: OR )?)+)/g),
    ];
    expect(found.length).toBeGreaterThan(10);
    for (const [, set = '', names = ''] of found) {
      for (const [, name = ''] of names.matchAll(/MetricName=\\"(\w+)\\"/g)) {
        const { dimensions }: MetricDefinition = metrics[name as MetricName];
        expect(
          dimensions.map((keys) => keys.join(',')),
          name,
        ).toEqual(expect.arrayContaining([set]));
      }
    }
  });

  it('names no more metrics than one of the free dashboards has, with one cluster', () => {
    const named = lines.filter(([first]) => typeof first === 'string');
    expect(named.length).toBeGreaterThan(30);
    expect(named.length).toBeLessThanOrEqual(50);
  });

  it('is left out if airlock.yaml says so', () => {
    templateOf(`${one}\ndashboard: false`).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });
});

describe('the check of a body', () => {
  const metric = (properties: object) => JSON.stringify({ widgets: [{ type: 'metric', properties }] });
  const good = { region: 'eu-central-1', metrics: [['AWS/SQS', 'Age', 'QueueName', 'q', { stat: 'p95' }]] };

  it('takes what is documented', () => {
    expect(dashboardFaults(metric(good))).toEqual([]);
  });

  it.each([
    ['no JSON', '{'],
    ['a widget of no type', JSON.stringify({ widgets: [{ properties: {} }] })],
    ['a metric without a region', metric({ metrics: good.metrics })],
    ['a property that no metric widget has', metric({ ...good, colour: 'red' })],
    ['a view that there is not', metric({ ...good, view: 'radar' })],
    ['a period of no whole minutes', metric({ ...good, period: 90 })],
    ['a dimension without a value', metric({ ...good, metrics: [['AWS/SQS', 'Age', 'QueueName']] })],
    ['an expression beside a metric', metric({ ...good, metrics: [['AWS/SQS', 'Age', { expression: 'm1' }]] })],
    ['a statistic that there is not', metric({ ...good, stat: 'median' })],
    [
      'a widget past the 24 columns',
      JSON.stringify({ widgets: [{ type: 'text', x: 20, y: 0, width: 6, height: 1, properties: { markdown: '' } }] }),
    ],
    [
      'a widget upon another',
      JSON.stringify({
        widgets: [0, 1].map((x) => ({ type: 'text', x, y: 0, width: 2, height: 1, properties: { markdown: '' } })),
      }),
    ],
    [
      'more widgets than 500',
      JSON.stringify({ widgets: Array(501).fill({ type: 'text', properties: { markdown: '' } }) }),
    ],
  ])('refuses %s', (_, text) => {
    expect(dashboardFaults(text)).not.toEqual([]);
  });
});

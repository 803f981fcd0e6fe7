import { Aws, Duration, Stack } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  PeriodOverride,
  SearchExpression,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { type Dimension, type MetricName, metricNamespace } from '../domain/metrics.ts';
import { metricOf } from './metric-of.ts';
import type { WorkQueue } from './work-queue.ts';

/** What the dashboard shows. */
export interface FleetDashboardProps {
  readonly clusters: readonly string[];
  /** The pools that `airlock.yaml` names. */
  readonly pools: readonly string[];
  readonly alarms: readonly Alarm[];
  /** By name. */
  readonly queues: Readonly<Record<string, WorkQueue>>;
  /** By name. */
  readonly functions: Readonly<Record<string, IFunction>>;
  readonly stateMachine: StateMachine;
}

/** The most alarms that one widget shows. Source: CloudWatch API reference, "Dashboard Body Structure and Syntax". */
const shownAlarms = 100;

const columns = 24;
const percentiles = ['p50', 'p95', 'p99'] as const;

/** One CloudWatch dashboard: the fleet, a row for each cluster and each configured pool, then the machinery. */
export class FleetDashboard extends Construct {
  constructor(scope: Construct, id: string, props: FleetDashboardProps) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', {
      // Dashboards of all regions share their names.
      dashboardName: `${Stack.of(this).stackName}-${Aws.REGION}`,
      periodOverride: PeriodOverride.AUTO,
      defaultInterval: Duration.hours(12),
    });
    const alarms = new AlarmStatusWidget({
      alarms: [...props.alarms].slice(0, shownAlarms),
      width: columns,
      height: 4,
    });
    dashboard.addWidgets(alarms);
    addRow(dashboard, 'Fleet', fleetGraphs());
    for (const cluster of props.clusters) addRow(dashboard, `Cluster ${cluster}`, clusterGraphs(cluster));
    for (const pool of props.pools.filter(isSearchable)) addRow(dashboard, `Pool ${pool}`, poolGraphs(pool));
    addRow(dashboard, 'Machinery', machineryGraphs(props));
    addRow(dashboard, 'Events and commands', eventGraphs());
  }
}

function addRow(dashboard: Dashboard, title: string, graphs: readonly ((width: number) => IWidget)[]): void {
  dashboard.addWidgets(new TextWidget({ markdown: `## ${title}`, width: columns, height: 1 }));
  const width = Math.max(6, Math.floor(columns / graphs.length));
  dashboard.addWidgets(...graphs.map((graph) => graph(width)));
}

function graph(title: string, left: readonly IMetric[], right: readonly IMetric[] = []) {
  return (width: number) => new GraphWidget({ title, left: [...left], right: [...right], width });
}

/**
 * Every metric of a name, by the values of its dimensions: what a launch brings along is not known when the dashboard
 * is made.
 */
function search(
  names: readonly MetricName[],
  {
    by,
    statistic,
    only = {},
  }: { by: readonly Dimension[]; statistic: string; only?: Partial<Record<Dimension, string>> },
): SearchExpression {
  const name = names.map((one) => `MetricName="${one}"`).join(' OR ');
  const values = Object.entries(only).map(([dimension, value]) => ` ${dimension}="${value}"`);
  const schema = `{${[metricNamespace, ...by].join(',')}}`;
  const expression = `SEARCH('${schema} ${names.length > 1 ? `(${name})` : name}${values.join('')}', '${statistic}', 300)`;
  return new SearchExpression({ expression, label: '' });
}

/** A search expression cannot quote these; launches of such a pool are in its cluster's row only. */
function isSearchable(pool: string): boolean {
  return !/["'\\]/.test(pool);
}

const byOutcome = ['cluster', 'pool', 'outcome'] as const;
const byVersion = ['cluster', 'pool', 'runtime', 'version'] as const;

function fleetGraphs() {
  const perCluster = (name: MetricName, statistic: string) => [search([name], { by: ['cluster'], statistic })];
  return [
    graph('Released, in percent of all that ended', perCluster('ReleaseRate', Stats.AVERAGE)),
    graph('Launch to release, p95', perCluster('LaunchToRelease', 'p95')),
    graph('Behind the gate', perCluster('GatedNodes', Stats.MAXIMUM)),
    graph('Open breakers', perCluster('BreakersOpen', Stats.MAXIMUM)),
    graph('Rollouts', [
      ...perCluster('RolloutsStopped', Stats.MAXIMUM),
      ...perCluster('AdvisoriesLate', Stats.MAXIMUM),
    ]),
  ];
}

function clusterGraphs(cluster: string) {
  const only = { cluster };
  const times = percentiles.map((statistic) => metricOf('LaunchToRelease', only).with({ statistic, label: statistic }));
  const [gated, oldest] = (['GatedNodes', 'OldestGatedAge'] as const).map((name) =>
    metricOf(name, only).with({
      statistic: Stats.MAXIMUM,
      label: name === 'GatedNodes' ? 'nodes' : 'oldest, in seconds',
    }),
  );
  return [
    graph('Launch to release', times),
    graph('Ends, by outcome', [search(['LaunchEnded'], { by: byOutcome, statistic: Stats.SUM, only })]),
    graph('Behind the gate', gated ? [gated] : [], oldest ? [oldest] : []),
    graph('Launch to release by pool, p95', [search(['LaunchToRelease'], { by: byVersion, statistic: 'p95', only })]),
  ];
}

function poolGraphs(pool: string) {
  const only = { pool };
  const times = percentiles.map((statistic) => search(['LaunchToRelease'], { by: byVersion, statistic, only }));
  return [
    graph('Launch to release by version: p50, p95, p99', times),
    graph('Phases, p95', [search(['PhaseTime'], { by: [...byVersion, 'phase'], statistic: 'p95', only })]),
    graph('Ends, by outcome', [search(['LaunchEnded'], { by: byOutcome, statistic: Stats.SUM, only })]),
  ];
}

function machineryGraphs({ queues, functions, stateMachine }: FleetDashboardProps) {
  const period = Duration.minutes(5);
  const ofQueues = Object.entries(queues);
  const ofFunctions = Object.entries(functions);
  return [
    graph(
      'Age of the oldest message, in seconds',
      ofQueues.map(([label, queue]) => queue.metricAge({ label, period })),
    ),
    graph(
      'Dead letters',
      ofQueues.map(([label, { deadLetters }]) =>
        deadLetters.metricApproximateNumberOfMessagesVisible({ label, period, statistic: Stats.MAXIMUM }),
      ),
    ),
    graph(
      'Function errors, and throttles on the right',
      [
        ...ofFunctions.map(([label, one]) => one.metricErrors({ label, period })),
        metricOf('FunctionErrors').with({ statistic: Stats.SUM, label: 'in logs' }),
      ],
      ofFunctions.map(([label, one]) => one.metricThrottles({ label: `${label} throttled`, period })),
    ),
    graph('Executions', [
      stateMachine.metricStarted({ label: 'started', period }),
      stateMachine.metricSucceeded({ label: 'succeeded', period }),
      stateMachine.metricFailed({ label: 'failed', period }),
      stateMachine.metricAborted({ label: 'aborted', period }),
    ]),
  ];
}

function eventGraphs() {
  const counts = (...names: readonly MetricName[]) => [search(names, { by: ['service'], statistic: Stats.SUM })];
  return [
    graph('What reconcile found', [
      search(['EventMissed'], { by: ['service', 'missed'], statistic: Stats.SUM }),
      ...counts('NodeStranded', 'NodeUnclaimed', 'NodeDrifted', 'NodeOutdated', 'NodeHeld'),
    ]),
    graph('Launches', counts('Admitted', 'NotOurs')),
    graph('Commands', counts('CommandSent', 'NodeWaiting', 'CommandThrottled')),
    graph(
      'Refused, or found by doctor',
      counts('DocumentChanged', 'StrangerResult', 'EventUnreadable', 'MessageRefused', 'DoctorFindings'),
    ),
  ];
}

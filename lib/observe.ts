import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { Alarms } from './alarms.ts';
import type { Bus } from './bus.ts';
import type { ClusterFunction } from './cluster-function.ts';
import type { Config } from './config/schema.ts';
import { FleetDashboard } from './dashboard.ts';
import { Notifications } from './notifications.ts';
import { Queries } from './queries.ts';
import type { QueueFunction } from './queue-function.ts';

/** What people watch of a stack. */
export interface Observed {
  readonly config: Config;
  readonly audit: ILogGroup;
  /** The queues of the stack with their functions, by the name of their alarms. */
  readonly consumers: Readonly<Record<string, QueueFunction>>;
  /** The stack's other functions, by a name for people. */
  readonly functions: Readonly<Record<string, LambdaFunction>>;
  readonly reconcile: LambdaFunction;
  readonly clusters: Readonly<Record<string, ClusterFunction>>;
  readonly stateMachine: StateMachine;
  readonly bus: Bus;
}

/** Adds alarms, saved queries and the dashboard to a stack. */
export function observe(scope: Construct, { config, audit, consumers, reconcile, clusters, ...rest }: Observed): void {
  const queues = mapValues(consumers, ({ queue }) => queue);
  const clusterQueues = mapValues(clusters, ({ cluster }) => cluster.queue);
  const { notifications: settings } = config;
  const notifications = settings && new Notifications(scope, 'Notifications', { settings, bus: rest.bus });
  const alarms = new Alarms(scope, 'Alarms', {
    config,
    queues,
    clusters: clusterQueues,
    reconcile,
    topic: notifications?.topic,
  });
  const functions = { ...mapValues(consumers, (one) => one.function), ...rest.functions, reconcile };
  const ofClusters = mapValues(clusters, (one) => one.functions);
  new Queries(scope, 'Queries', { audit, functions: { stack: functions, ...ofClusters } });
  if (!config.dashboard) return;
  new FleetDashboard(scope, 'Dashboard', {
    clusters: Object.keys(clusters),
    pools: config.pools.map(({ name }) => name),
    alarms: alarms.all,
    queues: { ...queues, ...clusterQueues },
    functions: Object.assign({ ...functions }, ...Object.values(ofClusters)) as Readonly<
      Record<string, LambdaFunction>
    >,
    stateMachine: rest.stateMachine,
  });
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}

import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  ComparisonOperator,
  CompositeAlarm,
  type Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type AlarmDefinition, alarmTable } from './alarm-table.ts';
import type { Config } from './config/schema.ts';
import { metricOf } from './metric-of.ts';
import { docsUrlOf } from './notifications.ts';
import type { WorkQueue } from './work-queue.ts';

/** What the alarms watch. */
export interface AlarmsProps {
  readonly config: Config;
  /** Queues by the name of their alarm. */
  readonly queues: Readonly<Record<string, WorkQueue>>;
  /** The queue of each cluster, by the cluster's name. */
  readonly clusters: Readonly<Record<string, WorkQueue>>;
  readonly reconcile: IFunction;
  /** The topic that alarms notify; without one they show only in CloudWatch. */
  readonly topic: ITopic | undefined;
}

/** The metric of a row that watches one of Airlock's. */
function airlockMetric({ name, metric }: AlarmDefinition, dimensions: { readonly cluster?: string }): Metric {
  if (metric === 'DeadLetters' || metric === 'ReconcileErrors')
    throw new Error(`${name}: ${metric} is a metric of AWS`);
  return metricOf(metric, dimensions);
}

/**
 * An alarm for each row of the table that the stack has something for. Each needs a person; its description has the way
 * to its runbook.
 */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  readonly #topic: ITopic | undefined;
  readonly #docs: string;

  constructor(scope: Construct, id: string, { config, queues, clusters, reconcile, topic }: AlarmsProps) {
    super(scope, id);
    this.#topic = topic;
    this.#docs = docsUrlOf(config);
    const table = alarmTable(config);
    const of = (wanted: AlarmDefinition['scope']) => table.filter(({ scope }) => scope === wanted);
    const everyQueue = [
      ...Object.entries(queues).map(([name, queue]) => [name, '', queue] as const),
      ...Object.entries(clusters).map(([cluster, queue]) => ['Cluster', `-${cluster}`, queue] as const),
    ];
    for (const row of of('queue')) {
      for (const [name, suffix, { arn, deadLetters }] of everyQueue) {
        const redrive = `aws sqs start-message-move-task --source-arn ${deadLetters.queueArn} --destination-arn ${arn}`;
        const more = `Once the cause is fixed, a role that airlock.yaml names under operators moves it back: ${redrive}. `;
        this.#add(`${name}${row.name}${suffix}`, row, deadLetters.metricApproximateNumberOfMessagesVisible(), more);
      }
    }
    for (const row of of('stack')) {
      const metric = row.metric === 'ReconcileErrors' ? reconcile.metricErrors() : airlockMetric(row, {});
      this.#add(row.name, row, metric);
    }
    for (const cluster of Object.keys(clusters)) this.#watchCluster(cluster, of('cluster'));
  }

  /**
   * The alarms of one cluster. Failing launches fire several of them, and open the breaker: with a topic they notify as
   * one, which is quiet while the breaker's alarm fires. Without a topic nothing is notified, and a composite alarm,
   * five times the price of another, would have no use.
   */
  #watchCluster(cluster: string, rows: readonly AlarmDefinition[]): void {
    const made = rows.map((row) => {
      const metric = airlockMetric(row, { cluster });
      return [row, this.#add(`${row.name}-${cluster}`, row, metric, '', row.symptom !== true)] as const;
    });
    const cause = made.find(([{ name }]) => name === 'BreakerOpen')?.[1];
    if (this.#topic === undefined || cause === undefined) return;
    const symptoms = made.flatMap(([{ symptom }, alarm]) => (symptom ? [alarm] : []));
    const composite = new CompositeAlarm(this, `ClusterFailing-${cluster}`, {
      alarmDescription: `Launches of ${cluster} fail, are slow or wait; the alarms under it say which. ${this.#runbook('ClusterFailing')}`,
      alarmRule: AlarmRule.anyOf(...symptoms),
      actionsSuppressor: cause,
      actionsSuppressorWaitPeriod: Duration.minutes(2),
      actionsSuppressorExtensionPeriod: Duration.minutes(5),
    });
    const action = new SnsAction(this.#topic);
    composite.addAlarmAction(action);
    composite.addOkAction(action);
  }

  /** Where the runbook of an alarm is. */
  #runbook(name: string): string {
    return `Runbook: ${this.#docs}docs/operate/alarms.md#${name.toLowerCase()}`;
  }

  #add(id: string, row: AlarmDefinition, metric: Metric, more = '', notifies = true): Alarm {
    const alarm = new Alarm(this, id, {
      alarmDescription: `${row.sentence}. ${more}${this.#runbook(row.name)}`,
      metric: metric.with({ period: Duration.minutes(row.minutes), statistic: row.statistic }),
      threshold: row.threshold,
      comparisonOperator:
        row.fires === 'above' ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: row.missing === 'fires' ? TreatMissingData.MISSING : TreatMissingData.NOT_BREACHING,
    });
    this.all.push(alarm);
    if (this.#topic !== undefined && notifies) {
      const action = new SnsAction(this.#topic);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      if (row.missing === 'fires') alarm.addInsufficientDataAction(action);
    }
    return alarm;
  }
}

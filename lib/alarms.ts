import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { clusterService, metricNamespace, notReleased } from '../domain/metrics.ts';
import type { WorkQueue } from './work-queue.ts';

/** What is watched. */
export interface AlarmsProps {
  /** By the name that the alarm shall have. */
  readonly queues: Readonly<Record<string, WorkQueue>>;
  readonly clusters: readonly string[];
  readonly topicArn: string | undefined;
}

/** Alarms for what needs a person: a dead letter, and a node that was not released. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, { queues, clusters, topicArn }: AlarmsProps) {
    super(scope, id);
    const topic = topicArn === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', topicArn);
    const alarm = (name: string, description: string, metric: IMetric) => {
      const made = new Alarm(this, name, {
        alarmDescription: description,
        metric,
        threshold: 0,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      if (topic) made.addAlarmAction(new SnsAction(topic));
    };
    const period = Duration.minutes(1);
    for (const [name, { deadLetters }] of Object.entries(queues)) {
      const metric = deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'max' });
      alarm(
        `${name}DeadLetters`,
        `A message of the queue ${name} could not be worked off: read it and redrive it`,
        metric,
      );
    }
    for (const cluster of clusters) {
      const metric = new Metric({
        namespace: metricNamespace,
        metricName: notReleased,
        dimensionsMap: { service: clusterService, cluster },
        statistic: 'sum',
        period,
      });
      alarm(
        `NotReleased-${cluster}`,
        `A node of ${cluster} was not released: its annotation and the audit trail say why`,
        metric,
      );
    }
  }
}

import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  breakerOpened,
  clusterService,
  metricNamespace,
  notReleased,
  replaceService,
  sweepAlarms,
  sweepCompleted,
  sweepService,
} from '../domain/metrics.ts';
import type { WorkQueue } from './work-queue.ts';

/** What is watched. */
export interface AlarmsProps {
  /** By the name that the alarm shall have. */
  readonly queues: Readonly<Record<string, WorkQueue>>;
  readonly clusters: readonly string[];
  readonly topicArn: string | undefined;
}

/** What differs between alarms: by default one data point above zero rings, and none is good news. */
type Ringing = Partial<Pick<AlarmProps, 'comparisonOperator' | 'evaluationPeriods' | 'threshold' | 'treatMissingData'>>;

/** For how many minutes no sweep may be heard of: five of its runs. */
const silence = 10;

/** Alarms for what needs a person: a dead letter, a node that was not released, a breaker that opened, and a sweep that does not come. `docs/reliability.md` says what to do. */
export class Alarms extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, { queues, clusters, topicArn }: AlarmsProps) {
    super(scope, id);
    this.#topic = topicArn === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', topicArn);
    const period = Duration.minutes(1);
    for (const [name, { queue, deadLetters }] of Object.entries(queues)) {
      const metric = deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'max' });
      const redrive = `aws sqs start-message-move-task --source-arn ${deadLetters.queueArn} --destination-arn ${queue.queueArn}`;
      this.#alarm(
        `${name}DeadLetters`,
        `A message of the queue ${name} could not be worked off. The sweep does without it; once the cause is mended: ${redrive}`,
        metric,
      );
    }
    const happened = (metricName: string, dimensionsMap: Record<string, string>) =>
      new Metric({ namespace: metricNamespace, metricName, dimensionsMap, statistic: 'sum', period });
    for (const cluster of clusters) {
      this.#alarm(
        `BreakerOpened-${cluster}`,
        `Too many nodes of one pool and release of ${cluster} failed: nothing is replaced, and new nodes are tried one at a time`,
        happened(breakerOpened, { service: replaceService, cluster }),
      );
      const metric = happened(notReleased, { service: clusterService, cluster });
      this.#alarm(
        `NotReleased-${cluster}`,
        `A node of ${cluster} was not released: its annotation and the audit trail say why`,
        metric,
      );
    }
    const ofSweep = (metricName: string) => happened(metricName, { service: sweepService });
    for (const [name, description] of Object.entries(sweepAlarms)) this.#alarm(name, description, ofSweep(name));
    const said = `No sweep was completed for ${silence} minutes: what events miss is not found`;
    this.#alarm('SweepSilent', said, ofSweep(sweepCompleted), {
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: silence,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  #alarm(name: string, description: string, metric: IMetric, ringing: Ringing = {}): void {
    const made = new Alarm(this, name, {
      alarmDescription: description,
      metric,
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...ringing,
    });
    if (this.#topic) made.addAlarmAction(new SnsAction(this.#topic));
  }
}

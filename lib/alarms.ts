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
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  breakerOpened,
  clusterService,
  documentChanged,
  metricNamespace,
  notReleased,
  reconcileAlarms,
  reconcileCompleted,
  reconcileService,
  remediationService,
} from '../domain/metrics.ts';
import type { WorkQueue } from './work-queue.ts';

/** What the alarms watch. */
export interface AlarmsProps {
  /** Queues by the name of their alarm. */
  readonly queues: Readonly<Record<string, WorkQueue>>;
  /** The queue of each cluster, by the cluster's name. */
  readonly clusters: Readonly<Record<string, WorkQueue>>;
  readonly reconcile: IFunction;
  readonly topicArn: string | undefined;
}

/** What differs between alarms. By default, one data point above zero raises the alarm and missing data does not. */
type Ringing = Partial<Pick<AlarmProps, 'comparisonOperator' | 'evaluationPeriods' | 'threshold' | 'treatMissingData'>>;

/** Minutes without a completed reconcile run before the alarm goes off: five runs. */
const silence = 10;

/** Alarms for what needs a person: a dead letter, a node that was not released, an open breaker, a missing reconcile run. `docs/operate/alarms.md` explains each. */
export class Alarms extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, { queues, clusters, reconcile, topicArn }: AlarmsProps) {
    super(scope, id);
    this.#topic = topicArn === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', topicArn);
    const period = Duration.minutes(1);
    const ofClusters = Object.entries(clusters).map(([cluster, queue]) => ['Cluster', `-${cluster}`, queue] as const);
    const ofAll = Object.entries(queues).map(([name, queue]) => [name, '', queue] as const);
    for (const [name, suffix, { arn, deadLetters }] of [...ofAll, ...ofClusters]) {
      const metric = deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'max' });
      const redrive = `aws sqs start-message-move-task --source-arn ${deadLetters.queueArn} --destination-arn ${arn}`;
      this.#alarm(
        `${name}DeadLetters${suffix}`,
        `A message in the queue ${name}${suffix} could not be processed. Reconcile does its work without it. Once you have fixed the cause, move it back with a role listed under operators in airlock.yaml: ${redrive}`,
        metric,
      );
    }
    const happened = (metricName: string, dimensionsMap: Record<string, string>) =>
      new Metric({ namespace: metricNamespace, metricName, dimensionsMap, statistic: 'sum', period });
    for (const cluster of Object.keys(clusters)) {
      this.#alarm(
        `BreakerOpened-${cluster}`,
        `Too many nodes of one pool and version of ${cluster} failed. No node is replaced, and new nodes are tried one at a time`,
        happened(breakerOpened, { service: remediationService, cluster }),
      );
      const metric = happened(notReleased, { service: clusterService, cluster });
      this.#alarm(
        `NotReleased-${cluster}`,
        `A node of ${cluster} was not released. Its annotation and the audit trail show why`,
        metric,
      );
    }
    this.#alarm(
      'DocumentChanged',
      'An SSM document differs from the one that Airlock deployed, and nodes were not released. CloudTrail shows who changed it',
      happened(documentChanged, { service: clusterService }),
    );
    const ofReconcile = (metricName: string) => happened(metricName, { service: reconcileService });
    for (const [name, description] of Object.entries(reconcileAlarms))
      this.#alarm(name, description, ofReconcile(name));
    // Missing data raises this alarm. BREACHING would raise it as soon as the alarm is created, before any reconcile run has completed. An alarm begins in
    // INSUFFICIENT_DATA, and its action runs only when it returns to that state. Source: CloudWatch User Guide, "Configuring how CloudWatch
    // alarms treat missing data". If reconcile never completes a run, its runs fail, which the next alarm reports.
    const said = `No reconcile run has completed for ${silence} minutes, so launches that events missed are not found. INSUFFICIENT_DATA raises this alarm`;
    const silent = this.#alarm('ReconcileSilent', said, ofReconcile(reconcileCompleted), {
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: silence,
      treatMissingData: TreatMissingData.MISSING,
    });
    if (this.#topic) silent.addInsufficientDataAction(new SnsAction(this.#topic));
    this.#alarm('ReconcileFailed', 'A reconcile run failed. Its log shows why', reconcile.metricErrors({ period }));
  }

  #alarm(name: string, description: string, metric: IMetric, ringing: Ringing = {}): Alarm {
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
    return made;
  }
}

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

/** What is watched. */
export interface AlarmsProps {
  /** By the name that the alarm should have. */
  readonly queues: Readonly<Record<string, WorkQueue>>;
  /** The queue of each cluster, by the cluster's name. */
  readonly clusters: Readonly<Record<string, WorkQueue>>;
  readonly reconcile: IFunction;
  readonly topicArn: string | undefined;
}

/** What differs between alarms: by default one data point above zero rings, and none is good news. */
type Ringing = Partial<Pick<AlarmProps, 'comparisonOperator' | 'evaluationPeriods' | 'threshold' | 'treatMissingData'>>;

/** For how many minutes no reconcile run may complete: five of its runs. */
const silence = 10;

/** Alarms for what needs a person: a dead letter, a node that was not released, a breaker that opened, and a reconcile run that does not come. `docs/operate/alarms.md` says what to do. */
export class Alarms extends Construct {
  readonly #topic: ITopic | undefined;

  constructor(scope: Construct, id: string, { queues, clusters, reconcile, topicArn }: AlarmsProps) {
    super(scope, id);
    this.#topic = topicArn === undefined ? undefined : Topic.fromTopicArn(this, 'Topic', topicArn);
    const period = Duration.minutes(1);
    const ofClusters = Object.entries(clusters).map(([cluster, queue]) => ['Cluster', `-${cluster}`, queue] as const);
    const ofAll = Object.entries(queues).map(([name, queue]) => [name, '', queue] as const);
    for (const [name, suffix, { queue, deadLetters }] of [...ofAll, ...ofClusters]) {
      const metric = deadLetters.metricApproximateNumberOfMessagesVisible({ period, statistic: 'max' });
      const redrive = `aws sqs start-message-move-task --source-arn ${deadLetters.queueArn} --destination-arn ${queue.queueArn}`;
      this.#alarm(
        `${name}DeadLetters${suffix}`,
        `A message of the queue ${name}${suffix} could not be processed. Reconcile does without it; once the cause is fixed, a role that airlock.yaml names under operators moves it back: ${redrive}`,
        metric,
      );
    }
    const happened = (metricName: string, dimensionsMap: Record<string, string>) =>
      new Metric({ namespace: metricNamespace, metricName, dimensionsMap, statistic: 'sum', period });
    for (const cluster of Object.keys(clusters)) {
      this.#alarm(
        `BreakerOpened-${cluster}`,
        `Too many nodes of one pool and version of ${cluster} failed: nothing is replaced, and new nodes are tried one at a time`,
        happened(breakerOpened, { service: remediationService, cluster }),
      );
      const metric = happened(notReleased, { service: clusterService, cluster });
      this.#alarm(
        `NotReleased-${cluster}`,
        `A node of ${cluster} was not released: its annotation and the audit trail say why`,
        metric,
      );
    }
    this.#alarm(
      'DocumentChanged',
      'An SSM document of Airlock is not the one that was deployed, and nodes were not released: CloudTrail says who changed it',
      happened(documentChanged, { service: clusterService }),
    );
    const ofReconcile = (metricName: string) => happened(metricName, { service: reconcileService });
    for (const [name, description] of Object.entries(reconcileAlarms))
      this.#alarm(name, description, ofReconcile(name));
    // Missing data is what rings here. BREACHING would ring as soon as the alarm is made, for no reconcile run has completed by then; an alarm begins in
    // INSUFFICIENT_DATA, and its action runs only when it comes back to it. Source: CloudWatch User Guide, "Configuring how CloudWatch
    // alarms treat missing data". A reconcile run that never completes at all fails, which the next alarm sees.
    const said = `No reconcile run completed for ${silence} minutes: what events miss is not found. INSUFFICIENT_DATA is what rings`;
    const silent = this.#alarm('ReconcileSilent', said, ofReconcile(reconcileCompleted), {
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: silence,
      treatMissingData: TreatMissingData.MISSING,
    });
    if (this.#topic) silent.addInsufficientDataAction(new SnsAction(this.#topic));
    this.#alarm('ReconcileFailed', 'A run of reconcile failed: its log says why', reconcile.metricErrors({ period }));
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

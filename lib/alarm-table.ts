import type { MetricName } from '../domain/metrics.ts';
import type { Config } from './config/schema.ts';

/** What an alarm is about, and how many of it a stack has: one, one for each cluster, or one for each queue. */
type Scope = 'stack' | 'cluster' | 'queue';

/** One alarm, as data. */
export interface AlarmDefinition {
  /**
   * The heading of its runbook in `docs/operate/alarms.md`. A cluster's alarm has the cluster's name after it, a
   * queue's the queue's before it.
   */
  readonly name: string;
  readonly scope: Scope;
  /** A metric of Airlock, or one of AWS that the construct supplies. */
  readonly metric: MetricName | 'DeadLetters' | 'ReconcileErrors';
  readonly statistic: 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'p95';
  /** The length of a period. */
  readonly minutes: number;
  readonly fires: 'above' | 'below';
  readonly threshold: number;
  /** What periods without data mean: `quiet` is good news, `fires` needs a person like a breach. */
  readonly missing: 'quiet' | 'fires';
  /** What it means, in one sentence. */
  readonly sentence: string;
  /**
   * Whether it follows from failures of one cluster: such alarms notify as one, and are quiet while the breaker's alarm
   * fires.
   */
  readonly symptom?: boolean;
}

/**
 * How long a launch may be past the longest deadline and still behind its gate, in minutes: reconcile ends it after 20.
 */
const graceMinutes = 30;

const definitions: readonly AlarmDefinition[] = [
  {
    name: 'DeadLetters',
    scope: 'queue',
    metric: 'DeadLetters',
    statistic: 'Maximum',
    minutes: 1,
    fires: 'above',
    threshold: 0,
    missing: 'quiet',
    sentence: 'A message of this queue could not be processed; reconcile does its work without it',
  },
  {
    name: 'FunctionErrors',
    scope: 'stack',
    metric: 'FunctionErrors',
    statistic: 'Sum',
    minutes: 15,
    fires: 'above',
    threshold: 2,
    missing: 'quiet',
    sentence: 'Functions of Airlock crash, time out or throw: more than twice in 15 minutes',
  },
  {
    // Each invocation records 0 or 1: the least of a period is 1 if all runs failed, and there is none if no run began.
    // BREACHING would fire as soon as the alarm is made; an alarm begins in INSUFFICIENT_DATA, and its action runs only
    // when it comes back to it. Source: CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data";
    // Lambda Developer Guide, "Types of metrics".
    name: 'ReconcileSilent',
    scope: 'stack',
    metric: 'ReconcileErrors',
    statistic: 'Minimum',
    minutes: 10,
    fires: 'above',
    threshold: 0,
    missing: 'fires',
    sentence:
      'No reconcile run completed for 10 minutes: all of them failed (ALARM), or none began (INSUFFICIENT_DATA)',
  },
  {
    name: 'EventsMissed',
    scope: 'stack',
    metric: 'EventMissed',
    statistic: 'Sum',
    minutes: 15,
    fires: 'above',
    threshold: 2,
    missing: 'quiet',
    sentence:
      'Reconcile found more than two launches, results or terminations in 15 minutes that no event had reported',
  },
  {
    name: 'NodeStranded',
    scope: 'stack',
    metric: 'NodeStranded',
    statistic: 'Sum',
    minutes: 1,
    fires: 'above',
    threshold: 0,
    missing: 'quiet',
    sentence:
      'A launch was past its deadline and had no end, and reconcile ended it: its execution was aborted or hung',
  },
  {
    name: 'NodeUnclaimed',
    scope: 'stack',
    metric: 'NodeUnclaimed',
    statistic: 'Sum',
    minutes: 5,
    fires: 'above',
    threshold: 0,
    missing: 'quiet',
    sentence: 'A Node is behind the gate, and its instance has no tag that takes it into the airlock',
  },
  {
    name: 'DocumentChanged',
    scope: 'stack',
    metric: 'DocumentChanged',
    statistic: 'Sum',
    minutes: 1,
    fires: 'above',
    threshold: 0,
    missing: 'quiet',
    sentence: 'An SSM document of Airlock is not the one that was deployed, and a node was not released',
  },
  {
    name: 'CommandsThrottled',
    scope: 'stack',
    metric: 'CommandThrottled',
    statistic: 'Sum',
    minutes: 15,
    fires: 'above',
    threshold: 50,
    missing: 'quiet',
    sentence:
      'More than 50 nodes waited in 15 minutes because AWS throttled SendCommand: launches are slower than they need be',
  },
  {
    name: 'BreakerOpen',
    scope: 'cluster',
    metric: 'BreakersOpen',
    statistic: 'Maximum',
    minutes: 5,
    fires: 'above',
    threshold: 0,
    missing: 'quiet',
    sentence:
      'Too many nodes of one pool and version failed: nothing is replaced, and new nodes are tried one at a time',
  },
];

/** How much later than its schedule a run of the doctor may end, in minutes. */
const doctorLateMinutes = 120;

/**
 * The alarm of the scheduled doctor. Each run that ends records a value, and its period is longer than the time between
 * two runs. All periods of an alarm together may be seven days. Source: CloudWatch API Reference, PutMetricAlarm,
 * Period.
 *
 * @param schedule as `airlock.yaml` has it, for instance `rate(6 hours)`
 */
function doctorAlarm(schedule: string): AlarmDefinition {
  const [, count = '1', unit = ''] = /^rate\((\d+) (hour|day)/.exec(schedule) ?? [];
  const hours = unit === 'day' ? Number(count) * 24 : Number(count);
  return {
    name: 'DoctorFindings',
    scope: 'stack',
    metric: 'DoctorFindings',
    statistic: 'Sum',
    minutes: hours * 60 + doctorLateMinutes,
    fires: 'above',
    threshold: 0,
    missing: 'fires',
    sentence:
      'The scheduled doctor found an error in a pool, a cluster or the account, or could not look (ALARM), or no run of it ended in time (INSUFFICIENT_DATA)',
  };
}

/** The alarms of rollouts. A rollout that an operator aborted needs none. */
const rolloutAlarms: readonly AlarmDefinition[] = [
  {
    name: 'RolloutStopped',
    scope: 'cluster',
    metric: 'RolloutsStopped',
    statistic: 'Maximum',
    minutes: 5,
    fires: 'above',
    threshold: 0,
    missing: 'quiet',
    sentence: 'A rollout stopped because a node failed or the breaker is open: the rest of the pool keeps its version',
  },
  {
    name: 'AdvisoryLate',
    scope: 'cluster',
    metric: 'AdvisoriesLate',
    statistic: 'Maximum',
    minutes: 5,
    fires: 'above',
    threshold: 0,
    missing: 'quiet',
    sentence: 'An advisory is not fixed in a pool by its deadline, or will not be at the pace of the rollout',
  },
];

/** The longest deadline of any pool, in minutes. */
function longestDeadline({ deadlineMinutes, pools }: Config): number {
  return Math.max(deadlineMinutes, ...pools.map((pool) => pool.deadlineMinutes ?? 0));
}

/** Every alarm of a stack, as its configuration sets the targets. */
export function alarmTable(config: Config): readonly AlarmDefinition[] {
  const { releasePercent, releaseSeconds } = config.targets;
  const gatedMinutes = longestDeadline(config) + graceMinutes;
  const symptoms: readonly AlarmDefinition[] = [
    {
      name: 'ReleaseRate',
      scope: 'cluster',
      metric: 'ReleaseRate',
      statistic: 'Average',
      minutes: 15,
      fires: 'below',
      threshold: releasePercent,
      missing: 'quiet',
      sentence: `Of the launches that ended in 15 minutes less than ${releasePercent}% were released: the nodes' annotations and the audit trail say why`,
      symptom: true,
    },
    {
      name: 'GatedTooLong',
      scope: 'cluster',
      metric: 'OldestGatedAge',
      statistic: 'Maximum',
      minutes: 5,
      fires: 'above',
      threshold: gatedMinutes * 60,
      missing: 'quiet',
      sentence: `A node has been behind its gate for more than ${gatedMinutes} minutes, longer than any deadline`,
      symptom: true,
    },
  ];
  const slow: readonly AlarmDefinition[] =
    releaseSeconds === undefined
      ? []
      : [
          {
            name: 'ReleaseSlow',
            scope: 'cluster',
            metric: 'LaunchToRelease',
            statistic: 'p95',
            minutes: 60,
            fires: 'above',
            threshold: releaseSeconds * 1_000,
            missing: 'quiet',
            sentence: `Of the launches of an hour one in twenty took more than ${releaseSeconds} seconds until its release`,
            symptom: true,
          },
        ];
  const { schedule } = config.doctor;
  const doctor: readonly AlarmDefinition[] = schedule === undefined ? [] : [doctorAlarm(schedule)];
  const rollouts = config.rollout === undefined ? [] : rolloutAlarms;
  return [...definitions, ...symptoms, ...slow, ...doctor, ...rollouts];
}

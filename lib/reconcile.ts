import { Aws, Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type IScheduleTarget, Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import { reconcileService } from '../domain/metrics.ts';
import { pack } from '../domain/packed.ts';
import type { Pools } from '../domain/pools.ts';
import type { Versions } from '../domain/tags.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { ClusterFunction } from './cluster-function.ts';
import type { Ledger } from './ledger.ts';
import { grantUnscoped } from './unscoped-rights.ts';
import type { WorkQueue } from './work-queue.ts';
import type { Workflow } from './workflow/workflow.ts';

/** What reconcile needs. */
export interface ReconcileProps {
  readonly bus: Bus;
  /** By the cluster's name. */
  readonly clusters: Readonly<Record<string, ClusterFunction>>;
  readonly versions: Versions;
  readonly pools: Pools;
  readonly ledger: Ledger;
  readonly workflow: Workflow;
  readonly terminations: WorkQueue;
  readonly logRetention: RetentionDays;
}

/** How often the fleet is looked through: twice within the shortest deadline, less the time that an installation needs. */
const interval = Duration.minutes(2);

/** A run ends before the next begins, so that two of them do not do the same twice; if they did, no harm would come of it. */
const timeout = Duration.seconds(110);

/**
 * The net under the events, which AWS sends at best effort: a function on a schedule that finds what they missed. A run that fails is not
 * tried again, and what a schedule could not invoke is not kept: the next run does it all.
 */
export class Reconcile extends AirlockFunction<'reconcile'> {
  constructor(scope: Construct, id: string, props: ReconcileProps) {
    const { versions, pools, workflow: way, ledger } = props;
    // By name: it has half the length of the ARN.
    const names = Object.entries(props.clusters).map(([name, { cluster }]) => [name, cluster.function.functionName]);
    super(scope, id, {
      name: reconcileService,
      description: 'Finds launches, results and ends that no event reported',
      timeout,
      memoryMiB: 512,
      logRetention: props.logRetention,
      environment: {
        ADMISSIBLE: pack({ clusters: Object.keys(props.clusters), versions, ...pools }),
        STATE_MACHINE: way.stateMachine.stateMachineArn,
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: props.bus.bus.eventBusName,
        CLUSTER_FUNCTIONS: Stack.of(scope).toJsonString(Object.fromEntries(names)),
        TERMINATIONS_QUEUE: props.terminations.queue.queueUrl,
      },
    });
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    const { role } = this;
    grantUnscoped(
      role,
      [
        'ec2:DescribeInstances',
        'ssm:ListCommandInvocations',
        'ssm:ListCommands',
        'states:SendTaskFailure',
        'states:SendTaskSuccess',
      ],
      'AWS knows no resource for these reads and for the answer by token',
    );
    const functions = Object.values(props.clusters).map(({ cluster }) => cluster.function.functionArn);
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functions }));
    way.stateMachine.grantStartExecution(role);
    way.grantStop(role);
    ledger.grantRead(role, 'BatchGetItem', 'Query');
    ledger.grantWrite(role, 'reconcile');
    props.terminations.grantSend(role);
    props.bus.grantPublish(this.role);
    this.#schedule();
  }

  /** Invokes the function on a schedule, with a role that may invoke it and no more. */
  #schedule(): void {
    const arn = this.function.functionArn;
    const group = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/default`;
    const invoker = new Role(this, 'Invoker', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        // A schedule of another account could have our role assumed otherwise; AWS knows no condition for the single schedule.
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group } },
      }),
    });
    const invoking = invoker.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [arn] }),
    );
    const retryPolicy = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 };
    const every = new Schedule(this, 'Every', {
      description: 'Looks through the fleet for what no event reported',
      schedule: ScheduleExpression.rate(interval),
      // The target of the CDK would let the schedule invoke every version of the function, too.
      target: { bind: () => ({ arn, role: invoker, retryPolicy }) } satisfies IScheduleTarget,
    });
    if (invoking.policyDependable) every.node.addDependency(invoking.policyDependable);
  }
}

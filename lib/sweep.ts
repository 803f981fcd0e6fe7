import { Aws, type CfnElement, Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { type IScheduleTarget, Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { sweepService } from '../domain/metrics.ts';
import { pack } from '../domain/packed.ts';
import type { Pools } from '../domain/pools.ts';
import type { Releases } from '../domain/tags.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { ClusterAccess } from './cluster-access.ts';
import type { Ledger } from './ledger.ts';
import type { WorkQueue } from './work-queue.ts';

/** What the sweep needs. */
export interface SweepProps {
  readonly bus: Bus;
  /** By the cluster's name. */
  readonly clusters: Readonly<Record<string, ClusterAccess>>;
  readonly releases: Releases;
  readonly pools: Pools;
  readonly ledger: Ledger;
  readonly way: StateMachine;
  readonly departures: WorkQueue;
  readonly logRetention: RetentionDays;
}

/** How often the fleet is swept: twice within the shortest deadline, less the time that an installation needs. */
const interval = Duration.minutes(2);

/** A run ends before the next begins, so that two of them do not do the same twice; if they did, no harm would come of it. */
const timeout = Duration.seconds(110);

/**
 * The net under the events, which AWS sends at best effort: a function on a schedule that finds what they missed. A run that fails is not
 * tried again, and what a schedule could not invoke is not kept: the next run does it all.
 */
export class Sweep extends Construct {
  readonly sweep: AirlockFunction;

  constructor(scope: Construct, id: string, props: SweepProps) {
    super(scope, id);
    const { releases, pools } = props;
    const clusters = Object.keys(props.clusters);
    const functions = Object.values(props.clusters).map(({ cluster }) => cluster.function.functionArn);
    this.sweep = new AirlockFunction(this, 'Sweep', {
      name: sweepService,
      description: 'Finds launches, results and ends that no event told of',
      timeout,
      memoryMiB: 512,
      logRetention: props.logRetention,
      environment: {
        ADMISSIBLE: pack({ clusters, releases, ...pools }),
        STATE_MACHINE: props.way.stateMachineArn,
        LEDGER_TABLE: props.ledger.table.tableName,
        CLUSTER_FUNCTIONS: Stack.of(this).toJsonString(
          // By name: it has half the length of the ARN.
          Object.fromEntries(
            Object.entries(props.clusters).map(([name, { cluster }]) => [name, cluster.function.functionName]),
          ),
        ),
        DEPARTURES_QUEUE: props.departures.queue.queueUrl,
      },
    });
    const { sweep } = this;
    sweep.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    const { role } = sweep;
    role.addToPolicy(
      // None of these has a resource that a policy could name.
      new PolicyStatement({
        actions: [
          'ec2:DescribeInstances',
          'ssm:ListCommandInvocations',
          'ssm:ListCommands',
          'states:SendTaskFailure',
          'states:SendTaskSuccess',
        ],
        resources: ['*'],
      }),
    );
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functions }));
    props.way.grantStartExecution(role);
    const machine = Stack.of(this).getLogicalId(props.way.node.defaultChild as CfnElement);
    const executions = `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${props.way.stateMachineName}:*`;
    role.addToPolicy(new PolicyStatement({ actions: ['states:StopExecution'], resources: [executions] }));
    Validations.of(role).acknowledge(
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'AWS knows no resource for these reads and for the answer by token',
      },
      {
        id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${machine}.Name>:*]`,
        reason:
          'Executions are named by their nodes, which are not known beforehand; they are those of our state machine',
      },
    );
    props.ledger.grantRead(role, 'BatchGetItem', 'Query');
    props.ledger.grantWrite(role, 'sweep');
    props.departures.grantSend(role);
    props.bus.letTell(sweep);
    const arn = sweep.function.functionArn;
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
      description: 'Sweeps the fleet for what no event told of',
      schedule: ScheduleExpression.rate(interval),
      // The target of the CDK would let the schedule invoke every version of the function, too.
      target: { bind: () => ({ arn, role: invoker, retryPolicy }) } satisfies IScheduleTarget,
    });
    if (invoking.policyDependable) every.node.addDependency(invoking.policyDependable);
  }
}

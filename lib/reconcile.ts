import { Aws, Duration, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';
import type { Admissible, InventoryRules } from '../domain/function-settings.ts';
import { outcomeTagKeys } from '../domain/outcome-tags.ts';
import { pack } from '../domain/packed.ts';
import type { Pools } from '../domain/pools.ts';
import type { FleetRollout } from '../domain/rollout/settings.ts';
import { runtimeTag, type Versions } from '../domain/tags.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { ClusterFunction } from './cluster-function.ts';
import { grantSend } from './grant-send.ts';
import type { Ledger } from './ledger.ts';
import { invokeOnSchedule } from './schedule.ts';
import { grantUnscoped } from './unscoped-rights.ts';
import type { WorkQueue } from './work-queue.ts';
import type { Workflow } from './workflow/workflow.ts';

/** What reconcile needs. */
export interface ReconcileProps {
  readonly bus: Bus;
  /** Clusters by name. */
  readonly clusters: Readonly<Record<string, ClusterFunction>>;
  readonly versions: Versions;
  readonly pools: Pools;
  /** How versions roll through the fleet; null if they do not. */
  readonly rollout: FleetRollout | null;
  readonly ledger: Ledger;
  readonly workflow: Workflow;
  readonly terminations: WorkQueue;
  readonly logRetention: RetentionDays;
  /** The address that the documentation's paths follow in messages. */
  readonly docsUrl: string;
  /** How nodes are inventoried; null if they are not. */
  readonly inventory: InventoryRules | null;
}

/** How often reconcile scans the fleet: twice within the shortest deadline, less the time an installation needs. */
const interval = Duration.minutes(2);

/** A run ends before the next begins, so that no two do the same work. Overlap would do no harm. */
const timeout = Duration.seconds(110);

/**
 * The safety net under AWS's best-effort events: a scheduled function that finds what they missed. A failed run is not
 * retried, and a missed invocation is not queued: the next run does all the work.
 */
export class Reconcile extends AirlockFunction<'reconcile'> {
  constructor(scope: Construct, id: string, props: ReconcileProps) {
    const { versions, pools, workflow: way, ledger } = props;
    // By name, which is half as long as the ARN.
    const names = Object.entries(props.clusters).map(([name, { cluster }]) => [name, cluster.function.functionName]);
    super(scope, id, {
      name: 'reconcile',
      description: 'Finds launches, results and ends that no event reported',
      timeout,
      memoryMiB: 512,
      logRetention: props.logRetention,
      environment: {
        ADMISSIBLE: pack({ clusters: Object.keys(props.clusters), versions, ...pools } satisfies Admissible),
        ROLLOUT: pack({ rollout: props.rollout }),
        STATE_MACHINE: way.stateMachine.stateMachineArn,
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: props.bus.bus.eventBusName,
        CLUSTER_FUNCTIONS: Stack.of(scope).toJsonString(Object.fromEntries(names)),
        TERMINATIONS_QUEUE: props.terminations.url,
        DOCS_URL: props.docsUrl,
        INVENTORY: Stack.of(scope).toJsonString(props.inventory),
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
      'These reads and the answer by task token do not support resource-level permissions',
    );
    this.#letTagOutcomes();
    if (props.inventory !== null) this.#letInventory(props.inventory);
    const functions = Object.values(props.clusters).map(({ cluster }) => cluster.function.functionArn);
    role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: functions }));
    way.stateMachine.grantStartExecution(role);
    way.grantStop(role);
    ledger.grantRead(role, 'BatchGetItem', 'Query');
    ledger.grantWrite(role, 'reconcile', props.rollout === null ? ['rollout'] : []);
    props.terminations.grantSend(role);
    props.bus.grantPublish(this.role);
    invokeOnSchedule(this, this.function, {
      description: 'Scans the fleet for what no event reported',
      schedule: ScheduleExpression.rate(interval),
    });
  }

  /** Lets the function send the documents that only read, and no other, to managed instances. */
  #letInventory({ documents }: InventoryRules): void {
    grantSend(
      this.role,
      Object.values(documents).map(({ name }) => name),
    );
  }

  /** Lets the function state on a managed instance how its launch ended, in three tags and no other. */
  #letTagOutcomes(): void {
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ['ec2:CreateTags'],
        resources: [`arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:instance/*`],
        conditions: {
          StringLike: { [`ec2:ResourceTag/${runtimeTag}`]: '*' },
          // ForAllValues by itself also matches a request without the key.
          'ForAllValues:StringEquals': { 'aws:TagKeys': [...outcomeTagKeys] },
          Null: { 'aws:TagKeys': 'false' },
        },
      }),
    );
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]',
      reason: 'Instances are not known at deploy time; only those with the tag of managed instances match',
    });
  }
}

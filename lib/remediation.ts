import { Annotations, Aws, Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { BreakerLimits } from '../domain/breaker.ts';
import type { FailureRules } from '../domain/function-settings.ts';
import { profilePatterns } from '../domain/instance-profiles.ts';
import { pack } from '../domain/packed.ts';
import { type Pools, policyOf } from '../domain/pools.ts';
import { runtimeTag } from '../domain/tags.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import { grantUnscoped } from './unscoped-rights.ts';

/** What remediation needs. */
export interface RemediationProps {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly pools: Pools;
  readonly breaker: BreakerLimits;
  readonly logRetention: RetentionDays;
}

/** How long a hook without its own heartbeat timeout waits, in minutes: the Auto Scaling default. */
const usualHeartbeatMinutes = 60;

/**
 * The only function that may terminate instances: those with Airlock's tag and a node's instance profile and, through
 * Auto Scaling, those of groups with Airlock's tag. Auto Scaling has no condition for an instance, so the function
 * checks the instance right before the call.
 */
export class Remediation extends AirlockFunction<'remediation'> {
  constructor(scope: Construct, id: string, { bus, ledger, pools, breaker, logRetention }: RemediationProps) {
    super(scope, id, {
      name: 'remediation',
      description: 'Decides what happens to nodes that were not released, and replaces them',
      timeout: Duration.seconds(30),
      memoryMiB: 256,
      logRetention,
      environment: {
        RULES: pack({ ...pools, breaker } satisfies FailureRules),
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: bus.bus.eventBusName,
      },
    });
    for (const { name } of pools.pools) {
      const { launchHook, deadlineMinutes } = policyOf(pools, name);
      if (launchHook === undefined || deadlineMinutes < usualHeartbeatMinutes) continue;
      Annotations.of(this).addWarningV2(
        `airlock:heartbeat-${name}`,
        `pools: ${name}: its nodes have ${deadlineMinutes} minutes, but a launch hook waits only ${usualHeartbeatMinutes} by default: set the HeartbeatTimeout of ${launchHook} to more than ${deadlineMinutes * 60} seconds`,
      );
    }
    const { role } = this;
    const instances = `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:instance/*`;
    const groups = `arn:${Aws.PARTITION}:autoscaling:${Aws.REGION}:${Aws.ACCOUNT_ID}:autoScalingGroup:*:autoScalingGroupName/*`;
    grantUnscoped(role, ['ec2:DescribeInstances'], 'DescribeInstances does not support resource-level permissions');
    const known = [
      ...Object.values(pools.instanceProfiles ?? {}),
      ...pools.pools.map((pool) => pool.instanceProfiles ?? []),
    ];
    const profiles = profilePatterns(known.flat(), `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:instance-profile`);
    // Without instance profiles nothing is replaced.
    if (profiles.length > 0) {
      role.addToPolicy(
        new PolicyStatement({
          actions: ['ec2:TerminateInstances'],
          resources: [instances],
          conditions: {
            StringLike: { [`ec2:ResourceTag/${runtimeTag}`]: '*' },
            ArnLike: { 'ec2:InstanceProfile': profiles },
          },
        }),
      );
    }
    role.addToPolicy(
      new PolicyStatement({
        actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
        resources: [groups],
        conditions: { StringLike: { [`autoscaling:ResourceTag/${runtimeTag}`]: '*' } },
      }),
    );
    const plain = (arn: string) =>
      arn
        .replace(Aws.PARTITION, '<AWS::Partition>')
        .replace(Aws.REGION, '<AWS::Region>')
        .replace(Aws.ACCOUNT_ID, '<AWS::AccountId>');
    Validations.of(role).acknowledge(
      ...[instances, groups].map((arn) => ({
        id: `AwsSolutions-IAM5[Resource::${plain(arn)}]`,
        reason: 'Group names are not known at deploy time; the condition admits only groups with the Airlock tag',
      })),
    );
    ledger.grantRead(role, 'BatchGetItem', 'GetItem');
    ledger.grantWrite(role, 'remediation');
    bus.grantPublish(this.role);
  }
}

import { Annotations, Aws, Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { BreakerLimits } from '../domain/breaker.ts';
import { profilePatterns } from '../domain/instance-profiles.ts';
import { remediationService } from '../domain/metrics.ts';
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

/** A hook without a heartbeat time-out of its own waits so long, in minutes: the default of Auto Scaling. */
const usualHeartbeatMinutes = 60;

/**
 * The one function that may end instances: those with our tag and an instance profile of nodes, and by a group those of groups with our tag. Auto
 * Scaling knows no condition for an instance; the function looks at it right before the call.
 */
export class Remediation extends AirlockFunction<'remediation'> {
  constructor(scope: Construct, id: string, { bus, ledger, pools, breaker, logRetention }: RemediationProps) {
    super(scope, id, {
      name: remediationService,
      description: 'Decides what becomes of nodes that were not released, and has them replaced',
      timeout: Duration.seconds(30),
      memoryMiB: 256,
      logRetention,
      environment: {
        RULES: pack({ ...pools, breaker }),
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: bus.bus.eventBusName,
      },
    });
    for (const { name } of pools.pools) {
      const { launchHook, deadlineMinutes } = policyOf(pools, name);
      if (launchHook === undefined || deadlineMinutes < usualHeartbeatMinutes) continue;
      Annotations.of(this).addWarningV2(
        `airlock:heartbeat-${name}`,
        `pools: ${name}: its nodes have ${deadlineMinutes} minutes, and a launch hook waits for ${usualHeartbeatMinutes} unless its HeartbeatTimeout says more: give ${launchHook} more than ${deadlineMinutes * 60} seconds`,
      );
    }
    const { role } = this;
    const instances = `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:instance/*`;
    const groups = `arn:${Aws.PARTITION}:autoscaling:${Aws.REGION}:${Aws.ACCOUNT_ID}:autoScalingGroup:*:autoScalingGroupName/*`;
    grantUnscoped(role, ['ec2:DescribeInstances'], 'AWS knows no resource for DescribeInstances');
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
        reason: 'They are not known beforehand; the condition takes only those with our tag',
      })),
    );
    ledger.grantRead(role, 'BatchGetItem', 'GetItem');
    ledger.grantWrite(role, 'remediation');
    bus.grantPublish(this.role);
  }
}

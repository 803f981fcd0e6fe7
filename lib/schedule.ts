import { Aws } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type IScheduleTarget, Schedule, type ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import type { Construct } from 'constructs';

/**
 * Invokes a function on a schedule, with a role that may do only that. A failed run is not retried: the next one does
 * all the work.
 *
 * @param scope gets the schedule `Every` and its role `Invoker`
 */
export function invokeOnSchedule(
  scope: Construct,
  { functionArn: arn }: LambdaFunction,
  { schedule, description }: { readonly schedule: ScheduleExpression; readonly description: string },
): void {
  const group = `arn:${Aws.PARTITION}:scheduler:${Aws.REGION}:${Aws.ACCOUNT_ID}:schedule-group/default`;
  const invoker = new Role(scope, 'Invoker', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      // Otherwise a schedule of another account could assume the role. AWS has no condition for a single schedule.
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': group } },
    }),
  });
  const invoking = invoker.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [arn] }),
  );
  const retryPolicy = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 };
  const every = new Schedule(scope, 'Every', {
    description,
    schedule,
    // The CDK's own target would let the schedule invoke every version of the function.
    target: { bind: () => ({ arn, role: invoker, retryPolicy }) } satisfies IScheduleTarget,
  });
  if (invoking.policyDependable) every.node.addDependency(invoking.policyDependable);
}

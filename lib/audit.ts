import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, ResourcePolicy, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { source } from '../domain/events.ts';

/** The audit trail: every event that Airlock tells the bus, in one log group. */
export class Audit extends Construct {
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, retention: RetentionDays) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Trail', {
      // EventBridge writes only to groups below /aws/events/.
      logGroupName: `/aws/events/${Stack.of(this).stackName}/audit`,
      retention,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const rule = new Rule(this, 'Told', {
      description: 'Every event of Airlock goes to its audit trail',
      eventPattern: { source: [source] },
    });
    const group = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${this.logGroup.logGroupName}`;
    rule.addTarget({ bind: () => ({ arn: group }) } satisfies IRuleTarget);
    new ResourcePolicy(this, 'Writers', {
      policyStatements: [
        new PolicyStatement({
          principals: [
            new ServicePrincipal('events.amazonaws.com'),
            new ServicePrincipal('delivery.logs.amazonaws.com'),
          ],
          actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          resources: [`${group}:*`],
        }),
      ],
    });
  }
}

import { Aws, CfnOutput, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, ResourcePolicy, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { source } from '../domain/events.ts';
import type { Bus } from './bus.ts';

/** What the audit trail keeps, and for how long. */
export interface AuditProps {
  readonly bus: Bus;
  readonly logRetention: RetentionDays;
}

/** The audit trail: every event that Airlock publishes, in one log group. */
export class Audit extends Construct {
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { bus, logRetention }: AuditProps) {
    super(scope, id);
    // The trail outlives its stack, so a recreated stack needs another name: the first part of the stack's id makes it unique.
    const ofStack = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
    this.logGroup = new LogGroup(this, 'Trail', {
      // EventBridge writes only to groups below /aws/events/.
      logGroupName: `/aws/events/${Stack.of(this).stackName}/audit-${ofStack}`,
      retention: logRetention,
      // RETAIN also keeps the group of a first deploy that fails.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    new CfnOutput(this, 'Name', {
      value: this.logGroup.logGroupName,
      description: 'The log group of the audit trail',
    }).overrideLogicalId('AuditTrail');
    const rule = new Rule(this, 'Events', {
      description: 'Sends every Airlock event to the audit trail',
      eventBus: bus.bus,
      eventPattern: { source: [source] },
    });
    const group = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${this.logGroup.logGroupName}`;
    rule.addTarget({ bind: () => ({ arn: group }) } satisfies IRuleTarget);
    const principals = ['events', 'delivery.logs'].map((name) => new ServicePrincipal(`${name}.amazonaws.com`));
    const resources = [`${group}:*`];
    new ResourcePolicy(this, 'Writers', {
      policyStatements: [
        // EventBridge creates a stream without naming its rule. An empty stream reveals nothing.
        new PolicyStatement({ principals, actions: ['logs:CreateLogStream'], resources }),
        new PolicyStatement({
          principals,
          actions: ['logs:PutLogEvents'],
          resources,
          conditions: {
            ArnEquals: { 'aws:SourceArn': rule.ruleArn },
            StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          },
        }),
      ],
    });
  }
}

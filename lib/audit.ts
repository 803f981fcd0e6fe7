import { Aws, CfnOutput, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IRuleTarget, Match, Rule, type RuleProps } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, ResourcePolicy, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { source, terminationStates } from '../domain/events.ts';
import type { Bus } from './bus.ts';
import { documentPrefix } from './node-documents.ts';

/** How the audit trail is kept. */
export interface AuditProps {
  readonly logRetention: RetentionDays;
  /** The ARN of the KMS key that encrypts the trail; without one, CloudWatch Logs uses its own. */
  readonly keyArn?: string | undefined;
}

/** What the audit trail records. */
interface Recorded {
  readonly bus: Bus;
  readonly stateMachine: StateMachine;
}

/**
 * The audit trail: every event that Airlock publishes, and what AWS reports about the same launches, in one log group.
 */
export class Audit extends Construct {
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: AuditProps) {
    super(scope, id);
    // The trail outlives its stack, so a recreated stack needs another name: the first part of the stack's id makes it
    // unique.
    const ofStack = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', Aws.STACK_ID))));
    this.logGroup = new LogGroup(this, 'Trail', {
      // EventBridge writes only to groups below /aws/events/.
      logGroupName: `/aws/events/${Stack.of(this).stackName}/audit-${ofStack}`,
      retention: props.logRetention,
      ...(props.keyArn === undefined ? {} : { encryptionKey: Key.fromKeyArn(this, 'Key', props.keyArn) }),
      // RETAIN also keeps the group of a first deploy that fails.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    new CfnOutput(this, 'Name', {
      value: this.logGroup.logGroupName,
      description: 'The log group of the audit trail',
    }).overrideLogicalId('AuditTrail');
  }

  /** Sends what Airlock publishes, and what AWS reports about its work, to the trail. */
  record(recorded: Recorded): void {
    const group = `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:${this.logGroup.logGroupName}`;
    const target = { bind: () => ({ arn: group }) } satisfies IRuleTarget;
    const rules = Object.entries(this.#sources(recorded)).map(([name, rule]) => {
      const made = new Rule(this, name, rule);
      made.addTarget(target);
      return made;
    });
    this.#admitWriters(`${group}:*`, rules);
  }

  /**
   * The events that the trail keeps, by the name of their rule. AWS's own events complete it if a function dies before
   * it publishes. EC2's events have no tags, so those of every instance in the region match.
   */
  #sources({ bus, stateMachine }: Recorded): Readonly<Record<string, RuleProps>> {
    return {
      Events: {
        description: 'Sends every Airlock event to the audit trail',
        eventBus: bus.bus,
        eventPattern: { source: [source] },
      },
      Commands: {
        description: "Sends the status of Airlock's commands to the audit trail",
        eventPattern: {
          source: ['aws.ssm'],
          // The other command event repeats the parameters.
          detailType: ['EC2 Command Invocation Status-change Notification'],
          detail: { 'document-name': Match.prefix(documentPrefix) },
        },
      },
      Executions: {
        description: "Sends the status of the workflow's executions to the audit trail",
        eventPattern: {
          source: ['aws.states'],
          detailType: ['Step Functions Execution Status Change'],
          detail: { stateMachineArn: [stateMachine.stateMachineArn] },
        },
      },
      Instances: {
        description: 'Sends the state of instances to the audit trail',
        eventPattern: {
          source: ['aws.ec2'],
          detailType: ['EC2 Instance State-change Notification'],
          detail: { state: ['running', ...terminationStates] },
        },
      },
    };
  }

  /** Lets EventBridge write to the group, for these rules only. */
  #admitWriters(streams: string, rules: readonly Rule[]): void {
    const principals = ['events', 'delivery.logs'].map((name) => new ServicePrincipal(`${name}.amazonaws.com`));
    new ResourcePolicy(this, 'Writers', {
      policyStatements: [
        // EventBridge creates a stream without naming its rule. An empty stream reveals nothing.
        new PolicyStatement({ principals, actions: ['logs:CreateLogStream'], resources: [streams] }),
        new PolicyStatement({
          principals,
          actions: ['logs:PutLogEvents'],
          resources: [streams],
          conditions: {
            ArnEquals: { 'aws:SourceArn': rules.map(({ ruleArn }) => ruleArn) },
            StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          },
        }),
      ],
    });
  }
}

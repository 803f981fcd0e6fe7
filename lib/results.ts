import { Duration, Validations } from 'aws-cdk-lib';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import { documentPrefix } from './node-documents.ts';
import { WorkQueue } from './work-queue.ts';

/** What the settling of results needs. */
export interface ResultsProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly ledger: Ledger;
  readonly logRetention: RetentionDays;
}

const timeout = Duration.seconds(30);

/**
 * Statuses after which a command does not change on an instance, in each spelling that SSM uses for them.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
 */
const finalStatuses = [
  'Success',
  'Failed',
  'TimedOut',
  'Cancelled',
  'Undeliverable',
  'Terminated',
  'DeliveryTimedOut',
  'Delivery Timed Out',
  'ExecutionTimedOut',
  'Execution Timed Out',
  'InvalidPlatform',
  'Invalid Platform',
  'AccessDenied',
  'Access Denied',
];

/** From SSM's event to the answer for the state that waits. The event is best effort, and so is never the only way. */
export class Results extends Construct {
  readonly results: WorkQueue;

  constructor(scope: Construct, id: string, { bus, operators, ledger, logRetention }: ResultsProps) {
    super(scope, id);
    // A result that SSM does not show yet comes back every five seconds.
    this.results = new WorkQueue(this, 'Results', { consumerTimeout: timeout, maxReceiveCount: 60, operators });
    const ended = new Rule(this, 'Ended', {
      description: 'A command of ours ended on an instance',
      eventPattern: {
        source: ['aws.ssm'],
        // The other command event has no instance and repeats the parameters.
        detailType: ['EC2 Command Invocation Status-change Notification'],
        detail: { 'document-name': Match.prefix(documentPrefix), status: finalStatuses },
      },
    });
    this.results.feedFrom(ended);
    const settle = new AirlockFunction(this, 'Settle', {
      name: 'settle',
      description: 'Reads how commands ended and answers the states that wait for them',
      timeout,
      memoryMiB: 256,
      logRetention,
      environment: { RESULTS_QUEUE: this.results.queue.queueUrl, LEDGER_TABLE: ledger.table.tableName },
    });
    settle.role.addToPolicy(
      // None of these has a resource that a policy could name.
      new PolicyStatement({
        actions: ['ssm:ListCommandInvocations', 'states:SendTaskSuccess', 'states:SendTaskFailure'],
        resources: ['*'],
      }),
    );
    Validations.of(settle.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'AWS knows no resource for reading invocations and for the answer by token',
    });
    ledger.grantRead(settle.role, 'Query');
    ledger.grantWrite(settle.role, 'settle');
    bus.letTell(settle);
    settle.consume(this.results);
  }
}

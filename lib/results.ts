import { Duration } from 'aws-cdk-lib';
import { Match, Rule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import { documentPrefix } from './node-documents.ts';
import { QueueFunction } from './queue-function.ts';
import { grantUnscoped } from './unscoped-rights.ts';

/** What results need. */
export interface ResultsProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly ledger: Ledger;
  readonly logRetention: RetentionDays;
}

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
export class Results extends QueueFunction<'results'> {
  constructor(scope: Construct, id: string, { bus, operators, ledger, logRetention }: ResultsProps) {
    super(scope, id, {
      name: 'results',
      description: 'Reads how commands ended and answers the states that wait for them',
      timeout: Duration.seconds(30),
      memoryMiB: 512,
      // A result that SSM does not show yet comes back every five seconds.
      maxReceiveCount: 60,
      operators,
      logRetention,
      environment: { LEDGER_TABLE: ledger.table.tableName, EVENT_BUS: bus.bus.eventBusName },
    });
    const ended = new Rule(this, 'Ended', {
      description: 'A command of ours ended on an instance',
      eventPattern: {
        source: ['aws.ssm'],
        // The other command event has no instance and repeats the parameters.
        detailType: ['EC2 Command Invocation Status-change Notification'],
        detail: { 'document-name': Match.prefix(documentPrefix), status: finalStatuses },
      },
    });
    this.queue.feedFrom(ended);
    grantUnscoped(
      this.role,
      ['ssm:ListCommandInvocations', 'states:SendTaskSuccess', 'states:SendTaskFailure'],
      'AWS knows no resource for reading invocations and for the answer by token',
    );
    ledger.grantRead(this.role, 'Query');
    ledger.grantWrite(this.role, 'results');
    bus.grantPublish(this.role);
  }
}

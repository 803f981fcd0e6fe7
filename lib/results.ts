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
 * Statuses after which a command on an instance no longer changes, in each spelling that SSM uses.
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

/**
 * Turns SSM's events into answers for the waiting states. The events are best effort, so reconcile also looks for
 * results.
 */
export class Results extends QueueFunction<'results'> {
  constructor(scope: Construct, id: string, { bus, operators, ledger, logRetention }: ResultsProps) {
    super(scope, id, {
      name: 'results',
      description: 'Reads how commands ended and answers the waiting states',
      timeout: Duration.seconds(30),
      memoryMiB: 512,
      // A result that SSM does not show yet is received again every five seconds.
      maxReceiveCount: 60,
      operators,
      logRetention,
      environment: { LEDGER_TABLE: ledger.table.tableName, EVENT_BUS: bus.bus.eventBusName },
    });
    const ended = new Rule(this, 'Ended', {
      description: 'An Airlock command ended on an instance',
      eventPattern: {
        source: ['aws.ssm'],
        // The other command event names no instance and repeats the parameters.
        detailType: ['EC2 Command Invocation Status-change Notification'],
        detail: { 'document-name': Match.prefix(documentPrefix), status: finalStatuses },
      },
    });
    this.queue.feedFrom(ended);
    grantUnscoped(
      this.role,
      ['ssm:ListCommandInvocations', 'states:SendTaskSuccess', 'states:SendTaskFailure'],
      'Reading invocations and answering by task token do not support resource-level permissions',
    );
    ledger.grantRead(this.role, 'Query');
    ledger.grantWrite(this.role, 'results');
    bus.grantPublish(this.role);
  }
}

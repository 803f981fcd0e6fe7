import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { terminationStates } from '../domain/events.ts';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import { QueueFunction } from './queue-function.ts';
import { grantUnscoped } from './unscoped-rights.ts';
import type { Workflow } from './workflow/workflow.ts';

/** What terminations need. */
export interface TerminationsProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly ledger: Ledger;
  readonly workflow: Workflow;
  readonly logRetention: RetentionDays;
}

/**
 * Turns the events of a terminating instance into the end of its run. A node that is gone gets no further work, and its
 * run does not count as failed.
 */
export class Terminations extends QueueFunction<'terminations'> {
  constructor(
    scope: Construct,
    id: string,
    { bus, operators, ledger, workflow: way, logRetention }: TerminationsProps,
  ) {
    super(scope, id, {
      name: 'terminations',
      description: 'Ends the runs of nodes whose instance is going away',
      timeout: Duration.seconds(30),
      memoryMiB: 256,
      maxReceiveCount: 60,
      operators,
      logRetention,
      environment: {
        STATE_MACHINE: way.stateMachine.stateMachineArn,
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: bus.bus.eventBusName,
      },
    });
    const ended = new Rule(this, 'Ended', {
      description: 'An EC2 instance is going away; the event does not show whether Airlock manages it',
      eventPattern: {
        source: ['aws.ec2'],
        detailType: ['EC2 Instance State-change Notification'],
        detail: { state: [...terminationStates] },
      },
    });
    this.queue.feedFrom(ended);
    way.grantStop(this.role);
    grantUnscoped(
      this.role,
      ['ec2:DescribeInstances', 'ssm:CancelCommand'],
      'DescribeInstances and CancelCommand do not support resource-level permissions here',
    );
    ledger.grantRead(this.role, 'Query');
    ledger.grantWrite(this.role, 'terminations');
    bus.grantPublish(this.role);
  }
}

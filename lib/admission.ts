import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Admissible } from '../domain/function-settings.ts';
import { pack } from '../domain/packed.ts';
import type { Pools } from '../domain/pools.ts';
import type { Versions } from '../domain/tags.ts';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import { QueueFunction } from './queue-function.ts';
import { grantUnscoped } from './unscoped-rights.ts';
import type { WorkQueue } from './work-queue.ts';
import type { Workflow } from './workflow/workflow.ts';

/** What admission needs. */
export interface AdmissionProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly clusters: readonly string[];
  readonly versions: Versions;
  readonly pools: Pools;
  readonly ledger: Ledger;
  readonly workflow: Workflow;
  /** Receives launches whose instance is already going away. */
  readonly terminations: WorkQueue;
  readonly logRetention: RetentionDays;
}

/**
 * Turns EC2's events into executions. Every launch in the region arrives here; a batch without managed launches costs
 * one look-up.
 */
export class Admission extends QueueFunction<'admission'> {
  constructor(scope: Construct, id: string, props: AdmissionProps) {
    const { clusters, versions, pools, ledger, operators, logRetention } = props;
    super(scope, id, {
      name: 'admission',
      description: 'Looks launches up in batches and starts an execution for each managed launch',
      timeout: Duration.seconds(30),
      memoryMiB: 512,
      // A launch that EC2 does not show yet is received every few seconds for two minutes; one that Lambda has no room
      // for, every three.
      maxReceiveCount: 30,
      operators,
      logRetention,
      environment: {
        ADMISSIBLE: pack({ clusters, versions, ...pools } satisfies Admissible),
        STATE_MACHINE: props.workflow.stateMachine.stateMachineArn,
        LEDGER_TABLE: ledger.table.tableName,
        EVENT_BUS: props.bus.bus.eventBusName,
        TERMINATIONS_QUEUE: props.terminations.url,
      },
    });
    const running = new Rule(this, 'Running', {
      description: 'An EC2 instance is running; the event does not show whether Airlock manages it',
      eventPattern: {
        source: ['aws.ec2'],
        detailType: ['EC2 Instance State-change Notification'],
        detail: { state: ['running'] },
      },
    });
    this.queue.feedFrom(running);
    grantUnscoped(
      this.role,
      ['ec2:DescribeInstances'],
      'DescribeInstances does not support resource-level permissions',
    );
    props.workflow.stateMachine.grantStartExecution(this.role);
    ledger.grantRead(this.role, 'BatchGetItem', 'Query');
    ledger.grantWrite(this.role, 'admission');
    props.terminations.grantSend(this.role);
    props.bus.grantPublish(this.role);
  }
}

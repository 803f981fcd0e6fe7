import { Duration, Validations } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { pack } from '../domain/packed.ts';
import type { Pools } from '../domain/pools.ts';
import type { Releases } from '../domain/tags.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import { WorkQueue } from './work-queue.ts';

/** What admission needs. */
export interface AdmissionProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly clusters: readonly string[];
  readonly releases: Releases;
  readonly pools: Pools;
  readonly ledger: Ledger;
  readonly way: StateMachine;
  /** Where it is told that an instance went away. */
  readonly departures: WorkQueue;
  readonly logRetention: RetentionDays;
}

const timeout = Duration.seconds(30);

/** From EC2's event to an execution: every launch in the region comes here, and costs one look-up a batch if it is none of ours. */
export class Admission extends Construct {
  readonly launches: WorkQueue;

  constructor(scope: Construct, id: string, props: AdmissionProps) {
    super(scope, id);
    // A launch that EC2 does not show yet is received every few seconds for two minutes, and one that finds no room in Lambda every three.
    this.launches = new WorkQueue(this, 'Launches', {
      consumerTimeout: timeout,
      maxReceiveCount: 30,
      operators: props.operators,
    });
    const running = new Rule(this, 'Running', {
      description: 'An EC2 instance runs; whose it is, the event does not say',
      eventPattern: {
        source: ['aws.ec2'],
        detailType: ['EC2 Instance State-change Notification'],
        detail: { state: ['running'] },
      },
    });
    this.launches.feedFrom(running);
    const { clusters, releases, pools } = props;
    const admit = new AirlockFunction(this, 'Admit', {
      name: 'admit',
      description: 'Looks launches up in batches and starts an execution for each that is ours',
      timeout,
      memoryMiB: 256,
      logRetention: props.logRetention,
      environment: {
        ADMISSIBLE: pack({ clusters, releases, ...pools }),
        STATE_MACHINE: props.way.stateMachineArn,
        LEDGER_TABLE: props.ledger.table.tableName,
        LAUNCHES_QUEUE: this.launches.queue.queueUrl,
        DEPARTURES_QUEUE: props.departures.queue.queueUrl,
      },
    });
    admit.role.addToPolicy(
      // DescribeInstances has no resource that a policy could name.
      new PolicyStatement({ actions: ['ec2:DescribeInstances'], resources: ['*'] }),
    );
    Validations.of(admit.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'AWS knows no resource for DescribeInstances',
    });
    props.way.grantStartExecution(admit.role);
    props.ledger.grantRead(admit.role, 'BatchGetItem', 'Query');
    props.ledger.grantWrite(admit.role, 'admit');
    props.departures.grantSend(admit.role);
    props.bus.letTell(admit);
    admit.consume(this.launches);
  }
}

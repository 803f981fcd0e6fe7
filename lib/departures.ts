import { Arn, ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { CfnStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { departedStates } from '../domain/events.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import { WorkQueue } from './work-queue.ts';

/** What the end of a node that is gone needs. */
export interface DeparturesProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly ledger: Ledger;
  readonly way: StateMachine;
  readonly logRetention: RetentionDays;
}

const timeout = Duration.seconds(30);

/** From the events of an instance that goes away to the end of its way: nothing is tried for a node that is not there, and nothing failed. */
export class Departures extends Construct {
  readonly departures: WorkQueue;

  constructor(scope: Construct, id: string, { bus, operators, ledger, way, logRetention }: DeparturesProps) {
    super(scope, id);
    this.departures = new WorkQueue(this, 'Departures', { consumerTimeout: timeout, maxReceiveCount: 60, operators });
    this.#rule('Ended', 'An EC2 instance ends its launch; whose it is, the event does not say', {
      source: ['aws.ec2'],
      detailType: ['EC2 Instance State-change Notification'],
      detail: { state: [...departedStates] },
    });
    const gone = new AirlockFunction(this, 'Gone', {
      name: 'gone',
      description: 'Ends the way of nodes whose instance goes away',
      timeout,
      memoryMiB: 256,
      logRetention,
      environment: {
        STATE_MACHINE: way.stateMachineArn,
        DEPARTURES_QUEUE: this.departures.queue.queueUrl,
        LEDGER_TABLE: ledger.table.tableName,
      },
    });
    const executions = Arn.format(
      {
        service: 'states',
        resource: 'execution',
        resourceName: `${way.stateMachineName}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      },
      Stack.of(this),
    );
    gone.role.addToPolicy(new PolicyStatement({ actions: ['states:StopExecution'], resources: [executions] }));
    gone.role.addToPolicy(
      // Neither has a resource that a policy could name.
      new PolicyStatement({ actions: ['ec2:DescribeInstances', 'ssm:CancelCommand'], resources: ['*'] }),
    );
    Validations.of(gone.role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'AWS knows no resource for DescribeInstances and CancelCommand',
    });
    const machine = Stack.of(this).getLogicalId(way.node.defaultChild as CfnStateMachine);
    Validations.of(gone.role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${machine}.Name>:*]`,
      reason: 'Executions are not known beforehand; these are the executions of the one state machine',
    });
    ledger.grantRead(gone.role, 'Query');
    ledger.grantWrite(gone.role, 'gone');
    bus.letTell(gone);
    gone.consume(this.departures);
  }

  #rule(id: string, description: string, eventPattern: EventPattern): void {
    this.departures.feedFrom(new Rule(this, id, { description, eventPattern }));
  }
}

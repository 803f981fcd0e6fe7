import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Catalogue, checksumsOf } from '../domain/catalogue.ts';
import type { Runtime } from '../domain/runtimes.ts';
import { runtimeTag } from '../domain/tags.ts';
import { AirlockFunction } from './airlock-function.ts';
import type { Bus } from './bus.ts';
import type { Ledger } from './ledger.ts';
import type { NamedDocument, NodeDocuments } from './node-documents.ts';
import { WorkQueue } from './work-queue.ts';

/** What the sending of commands needs. */
export interface CommandsProps {
  readonly bus: Bus;
  readonly operators: readonly string[];
  readonly documents: NodeDocuments;
  readonly catalogue: Catalogue;
  readonly runtimes: readonly Runtime[];
  readonly ledger: Ledger;
  readonly logRetention: RetentionDays;
}

const timeout = Duration.seconds(30);

/**
 * From nodes that wait to commands on them: a queue in which a node waits until its agent is online, and the one function that may send
 * commands, of our documents alone and to instances with our tag alone.
 */
export class Commands extends Construct {
  readonly commands: WorkQueue;
  readonly dispatch: AirlockFunction;

  constructor(scope: Construct, id: string, props: CommandsProps) {
    super(scope, id);
    const { bus, operators, documents, ledger, logRetention } = props;
    // A node may wait for its agent until its deadline, and is received anew every few seconds.
    this.commands = new WorkQueue(this, 'Commands', { consumerTimeout: timeout, maxReceiveCount: 1_000, operators });
    const deployed = { install: documents.of('install'), prove: documents.of('prove') };
    this.dispatch = new AirlockFunction(this, 'Dispatch', {
      name: 'dispatch',
      description: 'Sends one command for all waiting nodes that are online and ask for the same',
      timeout,
      memoryMiB: 256,
      logRetention,
      environment: {
        DOCUMENTS: JSON.stringify(deployed),
        CHECKSUMS: JSON.stringify(checksumsOf(props.catalogue, props.runtimes)),
        COMMANDS_QUEUE: this.commands.queue.queueUrl,
        LEDGER_TABLE: ledger.table.tableName,
      },
    });
    const { role } = this.dispatch;
    role.addToPolicy(
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: Object.values(deployed)
          .flatMap(Object.values<NamedDocument>)
          .map(({ name }) => `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:document/${name}`),
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: [`arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:instance/*`],
        conditions: { StringLike: { [`ssm:resourceTag/${runtimeTag}`]: '*' } },
      }),
    );
    role.addToPolicy(
      // None of these has a resource that a policy could name.
      new PolicyStatement({
        actions: ['ssm:DescribeInstanceInformation', 'ssm:ListCommands', 'states:SendTaskFailure'],
        resources: ['*'],
      }),
    );
    Validations.of(role).acknowledge(
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'AWS knows no resource for these reads and for the answer by token',
      },
      {
        id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]',
        reason: 'Instances are not known beforehand; the condition takes only those with our tag',
      },
    );
    ledger.grantRead(role, 'BatchGetItem');
    ledger.grantWrite(role, 'dispatch');
    bus.letTell(this.dispatch);
    this.dispatch.consume(this.commands);
  }
}

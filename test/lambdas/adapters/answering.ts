import { Readable } from 'node:stream';
import type { Operation } from '../../../lambdas/adapters/aws-errors.ts';
import { errorOf, rulesOf } from '../../../packages/lab/faults.ts';
import { here, operation as operationOf } from '../../../packages/local-aws/aws.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { Gateway } from '../../../packages/local-aws/gateway.ts';
import { Iam } from '../../../packages/local-aws/iam.ts';

/** The SDK's client of each service. */
const clients: Readonly<Record<string, () => Promise<object>>> = {
  autoscaling: () => import('@aws-sdk/client-auto-scaling'),
  cloudformation: () => import('@aws-sdk/client-cloudformation'),
  dynamodb: () => import('@aws-sdk/client-dynamodb'),
  ec2: () => import('@aws-sdk/client-ec2'),
  eks: () => import('@aws-sdk/client-eks'),
  events: () => import('@aws-sdk/client-eventbridge'),
  kms: () => import('@aws-sdk/client-kms'),
  lambda: () => import('@aws-sdk/client-lambda'),
  s3: () => import('@aws-sdk/client-s3'),
  sqs: () => import('@aws-sdk/client-sqs'),
  ssm: () => import('@aws-sdk/client-ssm'),
  states: () => import('@aws-sdk/client-sfn'),
  sts: () => import('@aws-sdk/client-sts'),
};

const key = { instanceId: { S: 'i-0123456789abcdef0' }, launchedAt: { S: '2026-11-21T09:00:00.000Z' } };
const principal = { clusterName: 'demo', principalArn: 'arn:aws:iam::123456789012:role/any' };
const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/commands';
const CommandId = '00000000-0000-4000-8000-000000000000';
const stateMachineArn = 'arn:aws:states:eu-central-1:123456789012:stateMachine:way';

/** The smallest input of each operation that its model accepts. */
const inputs: Partial<Record<Operation, object>> = {
  'autoscaling:CompleteLifecycleAction': {
    AutoScalingGroupName: 'builders',
    LifecycleHookName: 'airlock',
    LifecycleActionResult: 'CONTINUE',
  },
  'autoscaling:TerminateInstanceInAutoScalingGroup': { InstanceId: 'i-0', ShouldDecrementDesiredCapacity: false },
  'dynamodb:BatchGetItem': { RequestItems: { ledger: { Keys: [key] } } },
  'dynamodb:GetItem': { TableName: 'ledger', Key: key },
  'dynamodb:Query': { TableName: 'ledger' },
  'dynamodb:Scan': { TableName: 'ledger' },
  'dynamodb:UpdateItem': { TableName: 'ledger', Key: key },
  'cloudformation:DescribeStackResource': { StackName: 'Airlock', LogicalResourceId: 'Applied' },
  'ec2:CreateTags': { Resources: ['i-0123456789abcdef0'], Tags: [{ Key: 'airlock:outcome', Value: 'released' }] },
  'ec2:TerminateInstances': { InstanceIds: ['i-0123456789abcdef0'] },
  'eks:AssociateAccessPolicy': { ...principal, policyArn: 'arn:aws:eks::aws:cluster-access-policy/a', accessScope: {} },
  'eks:CreateAccessEntry': principal,
  'eks:DeleteAccessEntry': principal,
  'eks:DescribeCluster': { name: 'demo' },
  'events:PutEvents': { Entries: [{ Source: 'airlock', DetailType: 'Node Admitted', Detail: '{}' }] },
  'kms:GetPublicKey': { KeyId: 'key' },
  'kms:Sign': { KeyId: 'key', Message: new Uint8Array(32), SigningAlgorithm: 'ECDSA_SHA_256' },
  'lambda:Invoke': { FunctionName: 'demo' },
  's3:HeadObject': { Bucket: 'mirror', Key: 'sha256/0' },
  's3:PutObject': { Bucket: 'mirror', Key: 'sha256/0', Body: '', ChecksumSHA256: '' },
  'sqs:ReceiveMessage': { QueueUrl, MaxNumberOfMessages: 10 },
  'sqs:ChangeMessageVisibilityBatch': {
    QueueUrl,
    Entries: [{ Id: '0', ReceiptHandle: 'handle', VisibilityTimeout: 5 }],
  },
  'sqs:DeleteMessageBatch': { QueueUrl, Entries: [{ Id: '0', ReceiptHandle: 'handle' }] },
  'sqs:GetQueueAttributes': { QueueUrl },
  'sqs:SendMessage': { QueueUrl, MessageBody: '{}' },
  'sqs:SendMessageBatch': { QueueUrl, Entries: [{ Id: '0', MessageBody: '{}' }] },
  'ssm:CancelCommand': { CommandId },
  'ssm:SendCommand': { DocumentName: 'airlock-gvisor-install' },
  'states:SendTaskFailure': { taskToken: 'token' },
  'states:SendTaskSuccess': { taskToken: 'token', output: '{}' },
  'states:StartExecution': { stateMachineArn },
  'sts:AssumeRole': { RoleArn: 'arn:aws:iam::123456789012:role/any', RoleSessionName: 'any' },
  'states:StopExecution': { executionArn: `${stateMachineArn.replace('stateMachine', 'execution')}:one` },
};

interface Sent {
  readonly method: string;
  readonly hostname: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

type Constructor = new (argument: object) => { send(command: object): Promise<unknown> };

/**
 * Calls an operation of the local cloud, which answers with one error of the table, through the SDK's client and the
 * wire.
 *
 * @returns the error that the SDK throws
 */
export async function answering(operation: Operation, error: string): Promise<unknown> {
  const [service = '', name = ''] = operation.split(':');
  const clock = new VirtualClock();
  const iam = new Iam(here, clock);
  const door = new Gateway(clock, iam);
  const anything = operationOf(
    () => [],
    () => {
      throw errorOf(rulesOf(operation), error);
    },
  );
  await door.register({ name: service, operations: { [name]: anything } });
  const credentials = iam.issue({ kind: 'role', roleArn: 'arn:aws:iam::123456789012:role/any', sessionName: 'any' });
  const requestHandler = {
    handle: async ({ method, hostname, path, query, headers, body = '' }: Sent) => {
      const lower = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]));
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      const answer = await door.handle({
        method,
        host: hostname,
        path,
        query: query ?? {},
        headers: lower,
        body: bytes,
      });
      return {
        response: {
          statusCode: answer.status,
          headers: answer.headers,
          body: Readable.from([Buffer.from(answer.body)]),
        },
      };
    },
  };
  const module = (await clients[service]?.()) as Readonly<Record<string, Constructor>>;
  const [, Client] = Object.entries(module).find(([exported]) => /^(?!__)\w+Client$/.test(exported)) ?? [];
  const Command = module[`${name}Command`];
  if (Client === undefined || Command === undefined) throw new Error(`the SDK has no ${operation}`);
  const client = new Client({ region: here.region, credentials, maxAttempts: 1, requestHandler });
  try {
    await client.send(new Command(inputs[operation] ?? {}));
  } catch (thrown) {
    return thrown;
  }
  throw new Error(`${operation} answered`);
}

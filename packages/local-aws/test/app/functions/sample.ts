import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SendCommandCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

let invocations = 0;

/** Counts in the module's state. */
export async function counting(): Promise<number> {
  invocations += 1;
  console.log('counted', invocations);
  return invocations;
}

export async function whoami(): Promise<string | undefined> {
  const { Arn } = await new STSClient().send(new GetCallerIdentityCommand());
  return Arn;
}

export async function sleeping(event: { ms: number }): Promise<{ before: number; after: number }> {
  const before = Date.now();
  await new Promise((resolve) => setTimeout(resolve, event.ms));
  const now = new Date();
  return { before, after: now.getTime() };
}

class OwnError extends Error {
  override readonly name = 'OwnError';
}

export async function failing(): Promise<void> {
  throw new OwnError('as it should');
}

export async function commanding(event: object): Promise<object> {
  const client = new SSMClient({ maxAttempts: 6 });
  const { Command } = await client.send(new SendCommandCommand(event as never));
  return { id: Command?.CommandId, requested: Command?.RequestedDateTime?.toISOString() };
}

export async function describing(event: { ids: string[] }): Promise<object> {
  const client = new EC2Client();
  const filters = [{ Name: 'instance-id', Values: event.ids }];
  const { Reservations } = await client.send(new DescribeInstancesCommand({ Filters: filters }));
  const instance = Reservations?.[0]?.Instances?.[0];
  return { id: instance?.InstanceId, launched: instance?.LaunchTime?.toISOString(), tags: instance?.Tags };
}

export async function clustering(event: { name: string }): Promise<object> {
  const { cluster } = await new EKSClient().send(new DescribeClusterCommand({ name: event.name }));
  return { endpoint: cluster?.endpoint, created: cluster?.createdAt?.toISOString() };
}

export async function sending(event: { queue: string }): Promise<string> {
  try {
    const client = new SQSClient();
    const { MessageId } = await client.send(new SendMessageCommand({ QueueUrl: event.queue, MessageBody: 'hello' }));
    return MessageId ?? '';
  } catch (error) {
    return error instanceof Error ? error.name : '';
  }
}

export async function invoking(event: { target: string; payload: object }): Promise<object> {
  const client = new LambdaClient();
  const Payload = JSON.stringify(event.payload);
  const answer = await client.send(new InvokeCommand({ FunctionName: event.target, Payload }));
  return { status: answer.StatusCode, error: answer.FunctionError, payload: answer.Payload?.transformToString() };
}

/** Answers the CDK's provider framework for a custom resource. */
export async function provides(event: { ResourceProperties: { Colour: string } }): Promise<object> {
  const { Colour } = event.ResourceProperties;
  return { PhysicalResourceId: `thing-${Colour}`, Data: { Shade: `dark ${Colour}` } };
}

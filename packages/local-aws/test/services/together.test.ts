import type { Message } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { LocalCloud } from '../../cloud.ts';
import { here, type Principal } from '../../gateway/service.ts';
import { DynamoDb } from '../../services/dynamodb/dynamodb.ts';
import { Ec2 } from '../../services/ec2/ec2.ts';
import { Events } from '../../services/events/events.ts';
import { Sqs } from '../../services/sqs/sqs.ts';
import { States } from '../../services/states/states.ts';
import { assemblyOf } from '../app/sample.ts';

const arn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
const allow = (Action: string, Resource: unknown, more: object = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});
/** The values that DefinitionSubstitutions inserts. */
const placeholder = (name: string) => `$\{${name}}`;
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });

/** A template in which an instance's event reaches a queue, and an execution a queue, a table and the bus. */
function template(rights: object[]) {
  const key = { id: { S: 'i-1' } };
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Ask',
    States: {
      Ask: {
        Type: 'Task',
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Arguments: { QueueUrl: placeholder('Url'), MessageBody: { token: '{% $states.context.Task.Token %}' } },
        Next: 'Write',
      },
      Write: {
        Type: 'Task',
        Resource: 'arn:aws:states:::dynamodb:updateItem',
        Arguments: {
          TableName: placeholder('Table'),
          Key: key,
          UpdateExpression: 'SET a = :a',
          ExpressionAttributeValues: { ':a': { S: 'b' } },
        },
        Next: 'Tell',
      },
      Tell: {
        Type: 'Task',
        Resource: 'arn:aws:states:::events:putEvents',
        Arguments: { Entries: [{ Source: 'acme', DetailType: 'Announced', Detail: { a: 1 } }] },
        End: true,
      },
    },
  };
  const group = '/aws/events/told';
  const Principal = { Service: 'events.amazonaws.com' };
  return {
    Resources: {
      Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'q' } },
      Policy: {
        Type: 'AWS::SQS::QueuePolicy',
        Properties: {
          Queues: [{ Ref: 'Queue' }],
          PolicyDocument: document(
            allow('sqs:SendMessage', arn('Queue'), {
              Principal,
              Condition: { ArnEquals: { 'aws:SourceArn': arn('Running') } },
            }),
          ),
        },
      },
      Running: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.ec2'], detail: { state: ['running'] } },
          Targets: [{ Id: 'Q', Arn: arn('Queue') }],
        },
      },
      Starting: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.ec2'], detail: { state: ['pending'] } },
          Targets: [{ Id: 'Q', Arn: arn('Queue') }],
        },
      },
      Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: group } },
      Writers: {
        Type: 'AWS::Logs::ResourcePolicy',
        Properties: {
          PolicyName: 'writers',
          PolicyDocument: JSON.stringify(
            document({
              ...allow('logs:*', `arn:aws:logs:eu-central-1:123456789012:log-group:${group}:*`),
              Principal,
              Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            }),
          ),
        },
      },
      EventDetails: {
        Type: 'AWS::Events::Rule',
        DependsOn: ['Group'],
        Properties: {
          EventPattern: { source: ['acme'] },
          Targets: [{ Id: 'L', Arn: `arn:aws:logs:eu-central-1:123456789012:log-group:${group}` }],
        },
      },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
        },
      },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: document({
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 'states.amazonaws.com' },
          }),
          Policies: [{ PolicyName: 'p', PolicyDocument: document(...rights) }],
        },
      },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          DefinitionString: JSON.stringify(definition),
          DefinitionSubstitutions: { Url: { Ref: 'Queue' }, Table: { Ref: 'Table' } },
          RoleArn: arn('Role'),
        },
      },
    },
    Outputs: {
      Machine: { Value: { Ref: 'Machine' } },
      Url: { Value: { Ref: 'Queue' } },
      Role: { Value: arn('Role') },
      Table: { Value: { Ref: 'Table' } },
    },
  };
}

const all = [
  allow('sqs:*', arn('Queue')),
  allow('dynamodb:UpdateItem', arn('Table')),
  allow('events:PutEvents', 'arn:aws:events:eu-central-1:123456789012:event-bus/default', {
    Condition: { 'ForAllValues:StringEquals': { 'events:source': 'acme' }, Null: { 'events:source': 'false' } },
  }),
  allow('states:*', '*'),
];

let clock: VirtualClock;
let cloud: LocalCloud;
let ec2: Ec2;
let states: States;
let dynamodb: DynamoDb;

async function deploy(rights: object[]): Promise<void> {
  clock = new VirtualClock();
  cloud = await LocalCloud.deploy(assemblyOf(template(rights)), {
    clock,
    parts: [
      ({ aws, env, iam }) => {
        const events = new Events({ clock, aws, env });
        ec2 = new Ec2({ clock, env, emit: events.emit });
        const sqs = new Sqs({ clock, env });
        const session = ({ arn, roleArn }: { arn: string; roleArn: string }, name: string) =>
          iam.roleSession(roleArn, 'states.amazonaws.com', name, arn);
        states = new States({ clock, aws, env, session });
        dynamodb = new DynamoDb({ clock, env });
        const parts = [events, sqs, states, dynamodb];
        return {
          services: [...parts, ec2].map((one) => one.service),
          resourceTypes: parts.flatMap((one) => one.resourceTypes),
        };
      },
    ],
  });
}

const output = (name: string) => cloud.outputs[name] ?? '';
const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
const me = (): Principal => ({ kind: 'role', roleArn: output('Role'), sessionName: 'test' });

async function received(): Promise<string[]> {
  const call = cloud.aws.call(me(), 'sqs', 'ReceiveMessage', { QueueUrl: output('Url'), MaxNumberOfMessages: 10 });
  return ((await call) as { Messages?: Message[] }).Messages?.map((one) => one.Body ?? '') ?? [];
}

describe('services through the gateway, with schemas and IAM', () => {
  beforeEach(() => deploy(all));

  it('a rule reaches the queue whose policy names it, and no other rule does', async () => {
    ec2.launch();
    await pass(60_000);
    const bodies = (await received()).map((body) => JSON.parse(body));
    expect(bodies).toMatchObject([{ source: 'aws.ec2', detail: { state: 'running' } }]);
  });

  it('an execution goes over a queue, a table and the bus to the audit log', async () => {
    await cloud.aws.call(me(), 'states', 'StartExecution', { stateMachineArn: output('Machine'), name: 'n' });
    await pass(1000);
    const [body = ''] = await received();
    const taskToken = JSON.parse(body).token;
    await cloud.aws.call(me(), 'states', 'SendTaskSuccess', { taskToken, output: '{}' });
    await pass(1000);
    expect(states.executions()[0]).toMatchObject({ status: 'SUCCEEDED', transitions: 3 });
    expect(await dynamodb.items(output('Table'))).toEqual([{ id: { S: 'i-1' }, a: { S: 'b' } }]);
    const delivered = cloud.logs.events('/aws/events/told').map(({ message }) => JSON.parse(message));
    expect(delivered).toMatchObject([
      { source: 'acme', 'detail-type': 'Announced', detail: { a: 1 }, account: here.account },
    ]);
    expect(cloud.calls.get('states:StartExecution')).toBe(1);
    expect(cloud.calls.get('dynamodb:UpdateItem')).toBe(1);
  });
});

it("a right that the role lacks becomes the integration's error", async () => {
  await deploy([allow('states:*', '*')]);
  await cloud.aws.call(me(), 'states', 'StartExecution', { stateMachineArn: output('Machine'), name: 'n' });
  await pass(1000);
  const [execution] = states.executions();
  expect(execution).toMatchObject({ status: 'FAILED', error: 'SQS.AmazonSQSException' });
  expect(execution?.cause).toMatch(/is not authorized to perform: sqs:SendMessage/i);
});

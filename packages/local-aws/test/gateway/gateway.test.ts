import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../clock.ts';
import { CallerCrashed, Gateway } from '../../gateway/gateway.ts';
import { AwsError, here, operation, type Principal, type Service } from '../../gateway/service.ts';
import { Iam } from '../../iam/iam.ts';
import { readPolicy } from '../../iam/policy.ts';

const Version = '2012-10-17';
const roleArn = 'arn:aws:iam::123456789012:role/dispatch';
const role: Principal = { kind: 'role', roleArn, sessionName: 'session' };
const queue = 'arn:aws:sqs:eu-central-1:123456789012:commands';
const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/commands';

describe('a call inside the cloud', () => {
  let ran: unknown[];
  let resourcePolicy: unknown;
  let aws: Gateway;
  let iam: Iam;

  beforeEach(async () => {
    ran = [];
    resourcePolicy = undefined;
    const clock = new VirtualClock();
    iam = new Iam(here, clock);
    aws = new Gateway(clock, iam);
    iam.roles.set('dispatch', {
      arn: roleArn,
      name: 'dispatch',
      id: 'AROAEXAMPLE',
      trust: readPolicy({
        Version,
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      }),
      policies: new Map([
        [
          'inline',
          readPolicy({ Version, Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: queue }] }),
        ],
      ]),
      tags: {},
    });
    const sqs: Service = {
      name: 'sqs',
      operations: {
        SendMessage: operation(
          () => [
            { action: 'sqs:SendMessage', resource: queue, ...(resourcePolicy === undefined ? {} : { resourcePolicy }) },
          ],
          (input) => {
            ran.push(input);
            return { MessageId: 'm-1' };
          },
        ),
        DeleteMessage: operation(
          () => [{ action: 'sqs:DeleteMessage', resource: queue }],
          () => ({}),
        ),
        GetQueueUrl: operation(
          () => [],
          () => ({ QueueURL: 'misspelt' }),
        ),
      },
    };
    await aws.register(sqs);
  });

  it('runs the operation and counts it', async () => {
    expect(await aws.call(role, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'hello' })).toEqual({
      MessageId: 'm-1',
    });
    expect(aws.calls).toEqual(new Map([['sqs:SendMessage', 1]]));
    expect(aws.journal).toMatchObject([
      { at: Date.parse('2026-11-21T09:00:00Z'), operation: 'SendMessage', principal: role },
    ]);
  });

  it.each([
    [{ QueueUrl }, 'MissingParameter', 'sqs:SendMessage: MessageBody is required'],
    [
      { QueueUrl, MessageBody: 'x', Delay: 1 },
      'SerializationException',
      'sqs:SendMessage: Delay is no member of the request',
    ],
    [
      { QueueUrl, MessageBody: 7 },
      'SerializationException',
      'sqs:SendMessage: MessageBody must be a string, not the number 7',
    ],
    [
      { QueueUrl, MessageBody: 'x', MessageAttributes: { a: { DataType: 'String', StringListValues: 'b' } } },
      'SerializationException',
      'sqs:SendMessage: MessageAttributes.a.StringListValues must be a list, not the string "b"',
    ],
  ])('refuses %j before IAM and before it runs', async (input, code, message) => {
    const refusal = aws.call(role, 'sqs', 'SendMessage', input);
    await expect(refusal).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect(ran).toEqual([]);
    expect(aws.journal).toMatchObject([{ error: code }]);
  });

  it("denies in the service's own words what no policy allows", async () => {
    await expect(aws.call(role, 'sqs', 'DeleteMessage', { QueueUrl, ReceiptHandle: 'r' })).rejects.toMatchObject({
      code: 'AccessDenied',
      status: 403,
      message: `User: arn:aws:sts::123456789012:assumed-role/dispatch/session is not authorized to perform: sqs:DeleteMessage on resource: ${queue} because no identity-based policy allows the sqs:DeleteMessage action`,
    });
    expect(aws.calls).toEqual(new Map());
  });

  it('grants a service access by the resource policy only', async () => {
    const events: Principal = {
      kind: 'service',
      service: 'events.amazonaws.com',
      sourceArn: 'arn:aws:events:eu-central-1:123456789012:rule/a',
    };
    const send = () => aws.call(events, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'hello' });
    await expect(send()).rejects.toThrow(/^Service: events.amazonaws.com .* because no resource-based policy allows/);
    const statement = {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queue,
    };
    resourcePolicy = {
      Version,
      Statement: [{ ...statement, Condition: { ArnEquals: { 'aws:SourceArn': events.sourceArn } } }],
    };
    await expect(send()).resolves.toEqual({ MessageId: 'm-1' });
    resourcePolicy = {
      Version,
      Statement: [{ ...statement, Condition: { StringEquals: { 'aws:SourceAccount': '999999999999' } } }],
    };
    await expect(send()).rejects.toThrow('no resource-based policy allows');
  });

  it("gives an explicit deny of the resource precedence over the role's allow", async () => {
    resourcePolicy = { Version, Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sqs:*', Resource: '*' }] };
    await expect(aws.call(role, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'x' })).rejects.toThrow(
      'with an explicit deny in a resource-based policy',
    );
  });

  it('answers a planted error instead of running', async () => {
    aws.faults = { beforeCall: () => new AwsError('RequestThrottled', 'Rate exceeded') };
    await expect(aws.call(role, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'x' })).rejects.toThrow('Rate exceeded');
    expect(ran).toEqual([]);
    expect(aws.calls.get('sqs:SendMessage')).toBe(1);
  });

  it('answers a planted error after the call took effect', async () => {
    aws.faults = { afterCall: ({ output }) => new AwsError('InternalError', JSON.stringify(output), 500) };
    await expect(aws.call(role, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'x' })).rejects.toThrow(
      '{"MessageId":"m-1"}',
    );
    expect(ran).toHaveLength(1);
  });

  it('kills the caller if a fault requires it', async () => {
    aws.faults = { beforeCall: () => 'crash' };
    await expect(aws.call(role, 'sqs', 'SendMessage', { QueueUrl, MessageBody: 'x' })).rejects.toThrow(CallerCrashed);
  });

  it('refuses its own answer that does not fit the schema', async () => {
    await expect(aws.call(role, 'sqs', 'GetQueueUrl', { QueueName: 'commands' })).rejects.toThrow(
      "the local cloud's own answer to sqs:GetQueueUrl is wrong: QueueURL is no member",
    );
  });

  it('refuses what it does not know, by name', async () => {
    await expect(aws.call(role, 'sqs', 'PurgeQueue', { QueueUrl })).rejects.toThrow(
      'the local cloud does not know sqs:PurgeQueue',
    );
    await expect(aws.call(role, 'sns', 'Publish', {})).rejects.toThrow('the local cloud has no service "sns"');
    await expect(
      aws.register({
        name: 'ssm',
        operations: {
          SendComand: operation(
            () => [],
            () => ({}),
          ),
        },
      }),
    ).rejects.toThrow('the SDK\'s client for ssm has no operation "SendComand"');
  });

  it('refuses an unknown caller over the wire', async () => {
    const response = await aws.handle({
      method: 'POST',
      host: 'sqs.eu-central-1.amazonaws.com',
      path: '/',
      query: {},
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=ASIASTRANGER/20261121/eu-central-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-target': 'AmazonSQS.SendMessage',
      },
      body: Buffer.from(JSON.stringify({ QueueUrl, MessageBody: 'x' })),
    });
    expect(response.status).toBe(403);
    expect(Buffer.from(response.body).toString()).toContain('The security token included in the request is invalid.');
  });

  it('lets a service assume a role only if the trust policy allows it', () => {
    expect(iam.roleSession(roleArn, 'lambda.amazonaws.com', 's')).toEqual({ kind: 'role', roleArn, sessionName: 's' });
    expect(() => iam.roleSession(roleArn, 'states.amazonaws.com', 's')).toThrow(
      `The service states.amazonaws.com is not authorized to assume the role ${roleArn}`,
    );
  });
});

// Examples from https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html and
// eb-rule-dlq.html
import type { PutEventsCommandOutput } from '@aws-sdk/client-eventbridge';
import type { Message } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../clock.ts';
import { AwsError, here, operation } from '../../../gateway/service.ts';
import { Events } from '../../../services/events/events.ts';
import type { ServiceEvent } from '../../../services/service-event.ts';
import { Sqs } from '../../../services/sqs/sqs.ts';
import { make, PermissiveAws, someone } from '../permissive.ts';

const running: ServiceEvent = {
  source: 'aws.ec2',
  'detail-type': 'EC2 Instance State-change Notification',
  resources: ['arn:aws:ec2:eu-central-1:123456789012:instance/i-1'],
  detail: { 'instance-id': 'i-1', state: 'running' },
};
const account = 'eu-central-1:123456789012';

let clock: VirtualClock;
let aws: PermissiveAws;
let sqs: Sqs;
let events: Events;
let calls: { name: string; input: Record<string, unknown> }[];

beforeEach(() => {
  clock = new VirtualClock(Date.parse('2026-11-21T09:00:00.500Z'));
  aws = new PermissiveAws(clock);
  sqs = new Sqs({ clock, env: here });
  events = new Events({ clock, aws, env: here, random: () => 1 });
  calls = [];
  const note = (name: string) =>
    operation(
      () => [],
      (input: Record<string, unknown>) => void calls.push({ name, input }),
    );
  aws.add(
    sqs.service,
    events.service,
    { name: 'lambda', operations: { Invoke: note('Invoke') } },
    { name: 'logs', operations: { CreateLogStream: note('CreateLogStream'), PutLogEvents: note('PutLogEvents') } },
    { name: 'states', operations: { StartExecution: note('StartExecution') } },
  );
  for (const name of ['q', 'dead']) {
    sqs.create({ name, visibilityTimeout: 30, retention: 345_600, delay: 0, receiveWait: 0, managedEncryption: true });
  }
});

const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
const rule = (properties: object) =>
  make(aws, events.resourceTypes, 'AWS::Events::Rule', {
    Name: 'r',
    EventPattern: { source: ['aws.ec2'] },
    ...properties,
  });
const toQueue = { Id: 'T', Arn: `arn:aws:sqs:${account}:q`, DeadLetterConfig: { Arn: `arn:aws:sqs:${account}:dead` } };

async function received(name: string): Promise<Message[]> {
  const QueueUrl = `https://sqs.eu-central-1.amazonaws.com/123456789012/${name}`;
  const input = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] };
  return ((await aws.call(someone, 'sqs', 'ReceiveMessage', input)) as { Messages?: Message[] }).Messages ?? [];
}
const put = async (...Entries: object[]) =>
  (await aws.call(someone, 'events', 'PutEvents', { Entries })) as PutEventsCommandOutput;

describe('a rule', () => {
  it('delivers a matching event to its queue, with the bus as the caller for that rule', async () => {
    await rule({ Targets: [toQueue] });
    events.emit(running);
    events.emit({ ...running, source: 'aws.other' });
    await pass(1000);
    const messages = await received('q');
    expect(messages.map((one) => JSON.parse(one.Body ?? ''))).toEqual([
      {
        version: '0',
        id: expect.any(String),
        account: '123456789012',
        region: 'eu-central-1',
        time: '2026-11-21T09:00:00Z',
        ...running,
      },
    ]);
    expect(aws.calls.find((call) => call.name === 'sqs:SendMessage')?.principal).toEqual({
      kind: 'service',
      service: 'events.amazonaws.com',
      sourceArn: `arn:aws:events:${account}:rule/r`,
    });
  });

  it('invokes a function, writes to a log group and starts an execution, each with its own rights', async () => {
    const Targets = [
      { Id: 'F', Arn: `arn:aws:lambda:${account}:function:f` },
      { Id: 'L', Arn: `arn:aws:logs:${account}:log-group:/aws/events/audit` },
      {
        Id: 'S',
        Arn: `arn:aws:states:${account}:stateMachine:s`,
        RoleArn: 'arn:aws:iam::123456789012:role/r',
        Input: '{"a":1}',
      },
    ];
    await rule({ Targets });
    events.emit(running);
    await pass(1000);
    const by = Object.fromEntries(calls.map(({ name, input }) => [name, input]));
    expect(by['Invoke']).toMatchObject({ FunctionName: Targets[0]?.Arn, InvocationType: 'Event' });
    expect(by['PutLogEvents']).toMatchObject({ logGroupName: '/aws/events/audit' });
    const logEvents = by['PutLogEvents']?.['logEvents'] as { message: string; timestamp: number }[];
    expect(JSON.parse(logEvents[0]?.message ?? '')).toMatchObject(running);
    expect(by['StartExecution']).toEqual({ stateMachineArn: Targets[2]?.Arn, input: '{"a":1}' });
    expect(aws.calls.find((call) => call.name === 'states:StartExecution')?.principal).toMatchObject({ kind: 'role' });
  });

  it('that is disabled does nothing', async () => {
    await rule({ State: 'DISABLED', Targets: [toQueue] });
    events.emit(running);
    await pass(1000);
    expect(await received('q')).toEqual([]);
  });

  it.each([
    ['with a schedule', { ScheduleExpression: 'rate(1 minute)' }, /ScheduleExpression/],
    [
      'with a target that is not modelled',
      { Targets: [{ Id: 'T', Arn: `arn:aws:kinesis:${account}:stream/t` }] },
      /targets of kinesis are not modelled/,
    ],
    [
      'with a state machine and no role',
      { Targets: [{ Id: 'T', Arn: `arn:aws:states:${account}:stateMachine:s` }] },
      /RoleArn is required/,
    ],
    ['with a transformer', { Targets: [{ ...toQueue, InputTransformer: {} }] }, /InputTransformer/],
    ['on a bus that does not exist', { EventBusName: 'other' }, /Event bus other does not exist/],
    ['with an invalid pattern', { EventPattern: { source: 'a' } }, /"source" must be an object or an array/],
  ])('is refused %s', async (_name, properties, message) => {
    await expect(rule(properties)).rejects.toThrow(message);
  });
});

describe('eb-rule-event-delivery', () => {
  const failing = (code: string, times: number) => {
    let left = times;
    aws.faults.set('sqs:SendMessage', () => (left-- > 0 ? new AwsError(code, 'no', 500) : undefined));
  };

  it('retries with growing pauses', async () => {
    await rule({ Targets: [toQueue] });
    failing('InternalError', 4);
    events.emit(running);
    await pass(14_000);
    expect(await received('q')).toEqual([]);
    await pass(2000);
    expect(await received('q')).toHaveLength(1);
  });

  it('sends an event that has had all its retries to the dead-letter queue, with the reason', async () => {
    await rule({ Targets: [{ ...toQueue, RetryPolicy: { MaximumRetryAttempts: 2 } }] });
    failing('InternalError', 3);
    events.emit(running);
    await pass(60_000);
    const [message] = await received('dead');
    expect(JSON.parse(message?.Body ?? '')).toMatchObject(running);
    expect(message?.MessageAttributes).toMatchObject({
      RULE_ARN: { StringValue: `arn:aws:events:${account}:rule/r` },
      TARGET_ARN: { StringValue: toQueue.Arn },
      ERROR_CODE: { StringValue: 'ERROR_FROM_TARGET' },
      RETRY_ATTEMPTS: { StringValue: '2' },
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
    });
  });

  it('sends an event that the target does not permit to the dead-letter queue immediately', async () => {
    await rule({ Targets: [toQueue] });
    failing('AccessDenied', 1);
    events.emit(running);
    await pass(1000);
    expect((await received('dead'))[0]?.MessageAttributes).toMatchObject({
      ERROR_CODE: { StringValue: 'NO_PERMISSIONS' },
    });
  });

  it('loses, repeats and delays as the hook requires', async () => {
    await rule({ Targets: [toQueue] });
    const plans: Record<string, number[]> = { lost: [], twice: [10, 20], late: [5000] };
    events.delivery = ({ event }) => plans[String(event.detail['plan'])];
    for (const plan of ['late', 'lost', 'twice', 'plain']) events.emit({ ...running, detail: { plan } });
    await pass(10_000);
    const order = (await received('q')).map((one) => JSON.parse(one.Body ?? '').detail.plan);
    expect(order).toEqual(['twice', 'twice', 'plain', 'late']);
  });
});

describe('PutEvents', () => {
  const entry = { Source: 'acme', DetailType: 'Node Released', Detail: '{"a":1}' };

  it('accepts good entries and answers for bad ones, in order', async () => {
    const output = await put(
      entry,
      { ...entry, Source: 'aws.ec2' },
      { ...entry, Detail: '{' },
      { ...entry, Detail: '[1]' },
      { ...entry, DetailType: undefined },
    );
    expect(output.FailedEntryCount).toBe(4);
    expect(output.Entries?.map((one) => one.ErrorCode ?? 'taken')).toEqual([
      'taken',
      'NotAuthorizedForSource',
      'MalformedDetail',
      'MalformedDetail',
      'InvalidArgument',
    ]);
  });

  it('accepts ten entries and 1 MB', async () => {
    await expect(put(...Array.from({ length: 11 }, () => entry))).rejects.toThrow(/between 1 and 10, not 11/);
    const large = { ...entry, Detail: JSON.stringify({ a: 'x'.repeat(600_000) }) };
    await expect(put(large)).resolves.toMatchObject({ FailedEntryCount: 0 });
    await expect(put(large, large)).rejects.toThrow(/over the limit of 1048576 bytes/);
  });

  it('is authorized once for each bus, over all of its entries', async () => {
    await make(aws, events.resourceTypes, 'AWS::Events::EventBus', { Name: 'own' });
    const authorize = events.service.operations['PutEvents']?.authorize;
    const Entries = [
      { ...entry, EventBusName: 'own' },
      { ...entry, EventBusName: `arn:aws:events:${account}:event-bus/own`, Source: 'forged' },
      { ...entry, EventBusName: 'own', Source: '' },
      entry,
    ];
    const asked = authorize?.({ Entries } as never, { principal: someone, now: 0 });
    expect(asked?.map(({ resource, context }) => [resource, context?.['events:source']])).toEqual([
      [`arn:aws:events:${account}:event-bus/own`, ['acme', 'forged']],
      [`arn:aws:events:${account}:event-bus/default`, ['acme']],
    ]);
  });

  it('reaches only the rules of its bus', async () => {
    await make(aws, events.resourceTypes, 'AWS::Events::EventBus', { Name: 'own' });
    const made = await rule({
      EventBusName: 'own',
      EventPattern: { source: ['acme', 'aws.ec2'] },
      Targets: [toQueue],
    });
    expect(made).toEqual({ ref: 'own|r', attributes: { Arn: `arn:aws:events:${account}:rule/own/r` } });
    await put(entry);
    events.emit(running);
    await pass(1000);
    expect(await received('q')).toEqual([]);
    await put({ ...entry, EventBusName: 'own' });
    await pass(1000);
    expect(await received('q')).toHaveLength(1);
  });

  it('is refused for a bus that does not exist', async () => {
    await expect(put({ ...entry, EventBusName: 'other' })).rejects.toThrow('Event bus other does not exist');
  });

  it('is authorized on the default bus if an entry names none', () => {
    const authorize = events.service.operations['PutEvents']?.authorize;
    expect(authorize?.({ Entries: [entry] } as never, { principal: someone, now: 0 })).toEqual([
      {
        action: 'events:PutEvents',
        resource: `arn:aws:events:${account}:event-bus/default`,
        context: {
          'events:source': ['acme'],
          'events:detail-type': ['Node Released'],
          'events:eventBusInvocation': 'false',
        },
      },
    ]);
  });

  it('reaches rules and watchers', async () => {
    await rule({ EventPattern: { source: ['acme'] }, Targets: [toQueue] });
    const seen: string[] = [];
    events.watch((event) => seen.push(event['detail-type']));
    await put(entry);
    await pass(1000);
    expect(seen).toEqual(['Node Released']);
    expect(await received('q')).toHaveLength(1);
  });
});

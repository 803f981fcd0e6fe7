// Examples from https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html,
// sqs-dead-letter-queues.html and quotas-messages.html
import type { ReceiveMessageCommandOutput, SendMessageBatchCommandOutput } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../clock.ts';
import { here } from '../../../gateway/service.ts';
import { md5OfAttributes } from '../../../services/sqs/queue.ts';
import { Sqs } from '../../../services/sqs/sqs.ts';
import { make, PermissiveAws, someone } from '../permissive.ts';

let clock: VirtualClock;
let aws: PermissiveAws;
let sqs: Sqs;
let QueueUrl: string;

beforeEach(async () => {
  clock = new VirtualClock();
  aws = new PermissiveAws(clock);
  sqs = new Sqs({ clock, env: here });
  aws.add(sqs.service);
  QueueUrl = (await make(aws, sqs.resourceTypes, 'AWS::SQS::Queue', { QueueName: 'q', VisibilityTimeout: 30 })).ref;
});

const call = (operation: string, input: object) => aws.call(someone, 'sqs', operation, { QueueUrl, ...input });
const send = (MessageBody: string) => call('SendMessage', { MessageBody });
async function receive(input: object = {}) {
  const output = (await call('ReceiveMessage', { AttributeNames: ['All'], ...input })) as ReceiveMessageCommandOutput;
  return output.Messages ?? [];
}
const pass = (ms: number) => clock.run(() => false, clock.now() + ms);

describe('a queue', () => {
  it('has the URL and the ARN of its name', async () => {
    expect(QueueUrl).toBe('https://sqs.eu-central-1.amazonaws.com/123456789012/q');
    await expect(call('GetQueueAttributes', { AttributeNames: ['QueueArn', 'VisibilityTimeout'] })).resolves.toEqual({
      Attributes: { QueueArn: 'arn:aws:sqs:eu-central-1:123456789012:q', VisibilityTimeout: '30' },
    });
  });

  it('hides a received message until its visibility ends, and then counts the next receive', async () => {
    await send('a');
    expect((await receive())[0]?.Attributes?.['ApproximateReceiveCount']).toBe('1');
    expect(await receive()).toEqual([]);
    await pass(29_999);
    expect(await receive()).toEqual([]);
    await pass(1);
    expect((await receive())[0]?.Attributes?.['ApproximateReceiveCount']).toBe('2');
  });

  it('deletes only by the latest receipt handle', async () => {
    await send('a');
    const [first] = await receive({ VisibilityTimeout: 1 });
    await pass(1000);
    const [second] = await receive();
    await call('DeleteMessage', { ReceiptHandle: first?.ReceiptHandle });
    expect(sqs.byUrl(QueueUrl).inFlight).toBe(1);
    await call('DeleteMessage', { ReceiptHandle: second?.ReceiptHandle });
    expect(sqs.byUrl(QueueUrl).inFlight).toBe(0);
  });

  it('shows a message immediately when its visibility is set to 0, and refuses a change after that', async () => {
    await send('a');
    const [message] = await receive();
    const change = (VisibilityTimeout: number) =>
      call('ChangeMessageVisibility', { ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout });
    await change(0);
    expect(sqs.byUrl(QueueUrl).visible).toBe(1);
    await expect(change(10)).rejects.toMatchObject({ code: 'MessageNotInflight' });
  });

  it('keeps a message hidden for at most 12 hours, counted from its receive', async () => {
    await send('a');
    const [message] = await receive();
    await pass(20_000);
    await expect(
      call('ChangeMessageVisibility', { ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 43_200 }),
    ).rejects.toThrow(/Total VisibilityTimeout for the message is beyond the limit \[43200 seconds\]/);
  });

  it('deletes a message after its retention', async () => {
    await send('a');
    await pass(345_600_000);
    expect(await receive()).toEqual([]);
  });

  it('delays a message', async () => {
    await call('SendMessage', { MessageBody: 'a', DelaySeconds: 10 });
    expect(sqs.byUrl(QueueUrl).delayed).toBe(1);
    await pass(10_000);
    expect(await receive()).toHaveLength(1);
  });

  it('answers a long poll when a message arrives, and with nothing if none does', async () => {
    const empty = receive({ WaitTimeSeconds: 5 });
    await pass(5000);
    expect(await empty).toEqual([]);
    const waiting = receive({ WaitTimeSeconds: 20 });
    await send('late');
    expect(await waiting).toMatchObject([{ Body: 'late' }]);
  });

  it('moves a message to its dead-letter queue once it was received the maximum number of times', async () => {
    const dead = sqs.create({ ...sqs.byUrl(QueueUrl).settings, name: 'dead' });
    sqs.byUrl(QueueUrl).redrive = { queue: dead, maxReceiveCount: 2 };
    await send('poison');
    for (let time = 0; time < 2; time++) {
      expect(await receive({ VisibilityTimeout: 1 })).toHaveLength(1);
      await pass(1000);
    }
    expect(await receive()).toEqual([]);
    expect(await receive({ QueueUrl: dead.settings.url })).toMatchObject([
      { Body: 'poison', Attributes: { DeadLetterQueueSourceArn: 'arn:aws:sqs:eu-central-1:123456789012:q' } },
    ]);
  });
});

describe('requests', () => {
  it('a batch succeeds and fails by entry', async () => {
    const output = (await call('SendMessageBatch', {
      Entries: [
        { Id: 'good', MessageBody: 'a' },
        { Id: 'bad', MessageBody: 'b', DelaySeconds: 901 },
      ],
    })) as SendMessageBatchCommandOutput;
    expect(output.Successful).toMatchObject([{ Id: 'good', MD5OfMessageBody: '0cc175b9c0f1b6a831c399e269772661' }]);
    expect(output.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidParameterValue', SenderFault: true }]);
  });

  it.each([
    [
      'more than ten entries',
      Array.from({ length: 11 }, (_, id) => ({ Id: `${id}`, MessageBody: 'a' })),
      'TooManyEntriesInBatchRequest',
    ],
    ['no entries', [], 'EmptyBatchRequest'],
    [
      'an id twice',
      [
        { Id: 'a', MessageBody: 'a' },
        { Id: 'a', MessageBody: 'a' },
      ],
      'BatchEntryIdsNotDistinct',
    ],
    ['an id with a space', [{ Id: 'a b', MessageBody: 'a' }], 'InvalidBatchEntryId'],
  ])('a batch with %s is refused completely', async (_name, Entries, code) => {
    await expect(call('SendMessageBatch', { Entries })).rejects.toMatchObject({ code });
  });

  it('a message may have at most 1 MiB', async () => {
    await expect(send('x'.repeat(1_048_576))).resolves.toBeDefined();
    await expect(send('x'.repeat(1_048_577))).rejects.toThrow(/must be shorter than 1048576 bytes/);
  });

  it.each(['a\u0000', 'a\u000b', 'a\ufffe', 'a\uffff', 'a\ud800'])(
    'a message with a character that XML does not have is refused: %j',
    async (body) => {
      await expect(send(body)).rejects.toMatchObject({ code: 'InvalidMessageContents' });
      const output = (await call('SendMessageBatch', {
        Entries: [
          { Id: 'good', MessageBody: 'a\t\n\r\ufffd\u{1f642}' },
          { Id: 'bad', MessageBody: body },
        ],
      })) as SendMessageBatchCommandOutput;
      expect(output.Successful).toMatchObject([{ Id: 'good' }]);
      expect(output.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidMessageContents', SenderFault: true }]);
    },
  );

  it.each([
    [{ DataType: 'Text', StringValue: 'a' }, /invalid message attribute type/],
    [{ DataType: 'String', StringValue: '' }, /must contain non-empty message attribute value/],
  ])('a message attribute with another type, or without a value, is refused', async (attribute, words) => {
    await expect(call('SendMessage', { MessageBody: 'a', MessageAttributes: { attribute } })).rejects.toThrow(words);
  });

  it('an attribute that no queue has is refused by name', async () => {
    await expect(call('GetQueueAttributes', { AttributeNames: ['Colour'] })).rejects.toMatchObject({
      code: 'InvalidAttributeName',
      message: 'Unknown Attribute Colour.',
    });
    await expect(call('GetQueueAttributes', { AttributeNames: ['KmsMasterKeyId'] })).resolves.toEqual({});
  });

  it('an unknown queue does not exist, and an unknown receipt handle is invalid', async () => {
    await expect(call('SendMessage', { QueueUrl: `${QueueUrl}x`, MessageBody: 'a' })).rejects.toMatchObject({
      code: 'QueueDoesNotExist',
    });
    await expect(call('DeleteMessage', { ReceiptHandle: 'abc' })).rejects.toMatchObject({
      code: 'ReceiptHandleIsInvalid',
    });
  });

  it("are authorized on the queue's ARN, with its policy", async () => {
    const PolicyDocument = { Statement: [] };
    await make(aws, sqs.resourceTypes, 'AWS::SQS::QueuePolicy', { Queues: [QueueUrl], PolicyDocument });
    const operation = sqs.service.operations['SendMessageBatch'];
    expect(operation?.authorize({ QueueUrl } as never, { principal: someone, now: 0 })).toEqual([
      {
        action: 'sqs:SendMessage',
        resource: 'arn:aws:sqs:eu-central-1:123456789012:q',
        resourcePolicy: PolicyDocument,
      },
    ]);
  });
});

it('a property that is out of range is refused with its name', async () => {
  await expect(make(aws, sqs.resourceTypes, 'AWS::SQS::Queue', { VisibilityTimeout: 43_201 })).rejects.toThrow(
    /Thing \(AWS::SQS::Queue\): VisibilityTimeout: .*43200.*43201/,
  );
});

it('the digest of message attributes covers name, type and value', () => {
  const one = md5OfAttributes({ a: { DataType: 'String', StringValue: 'b' } });
  expect(one).toMatch(/^[\da-f]{32}$/);
  expect(one).not.toBe(md5OfAttributes({ a: { DataType: 'Number', StringValue: 'b' } }));
  expect(md5OfAttributes({})).toBeUndefined();
});

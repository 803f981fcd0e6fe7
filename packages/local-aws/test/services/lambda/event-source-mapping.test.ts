// Examples from https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html and
// services-sqs-errorhandling.html
import type { SQSEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../clock.ts';
import { AwsError, here, operation } from '../../../gateway/service.ts';
import { handledMessages } from '../../../services/lambda/event-source-batch.ts';
import { EventSourceMappings } from '../../../services/lambda/event-source-mapping.ts';
import { Sqs } from '../../../services/sqs/sqs.ts';
import { make, PermissiveAws, someone } from '../permissive.ts';

const target = {
  name: 'fn',
  arn: 'arn:aws:lambda:eu-central-1:123456789012:function:fn',
  roleArn: 'arn:aws:iam::123456789012:role/fn',
  timeoutSeconds: 10,
};

let clock: VirtualClock;
let aws: PermissiveAws;
let sqs: Sqs;
let mappings: EventSourceMappings;
let queue: { ref: string; attributes: Readonly<Record<string, unknown>> };
/** The function's inputs, with their times; its answer. */
let batches: { at: number; bodies: string[]; event: SQSEvent }[];
let answer: (event: SQSEvent) => object;

beforeEach(async () => {
  clock = new VirtualClock(0);
  aws = new PermissiveAws(clock);
  sqs = new Sqs({ clock, env: here });
  batches = [];
  answer = () => ({ StatusCode: 200, Payload: Buffer.from('null') });
  mappings = new EventSourceMappings({ clock, aws, env: here, sqs, functions: () => target });
  aws.add(sqs.service, {
    name: 'lambda',
    operations: {
      Invoke: operation(
        () => [],
        (input: { Payload: Uint8Array }) => {
          const event = JSON.parse(Buffer.from(input.Payload).toString()) as SQSEvent;
          batches.push({ at: clock.now(), bodies: event.Records.map((record) => record.body), event });
          return answer(event);
        },
      ),
    },
  });
  queue = await make(aws, sqs.resourceTypes, 'AWS::SQS::Queue', { QueueName: 'q', VisibilityTimeout: 30 });
});

async function map(properties: object, pollers = 5, denied: (action: string) => string | undefined = () => undefined) {
  const iam = { deny: (_: unknown, { action }: { action: string }) => denied(action) };
  mappings = new EventSourceMappings({ clock, aws, env: here, sqs, iam, functions: () => target, pollers });
  const EventSourceArn = queue.attributes['Arn'];
  return await make(aws, mappings.resourceTypes, 'AWS::Lambda::EventSourceMapping', {
    EventSourceArn,
    FunctionName: 'fn',
    ...properties,
  });
}

async function send(...bodies: string[]) {
  for (const MessageBody of bodies) await aws.call(someone, 'sqs', 'SendMessage', { QueueUrl: queue.ref, MessageBody });
}
const pass = (ms: number) => clock.run(() => false, clock.now() + ms);
const left = () => sqs.byUrl(queue.ref).visible + sqs.byUrl(queue.ref).inFlight;

describe('a mapping', () => {
  it("gives the function the record of AWS and deletes it after a success, as the function's role", async () => {
    await map({});
    await send('hello');
    await pass(100);
    expect(batches[0]?.event.Records[0]).toMatchObject({
      body: 'hello',
      md5OfBody: '5d41402abc4b2a76b9719d911017c592',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:q',
      awsRegion: 'eu-central-1',
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: '0', ApproximateFirstReceiveTimestamp: '0' },
      messageAttributes: {},
    });
    expect(left()).toBe(0);
    const deletion = aws.calls.find((call) => call.name === 'sqs:DeleteMessageBatch');
    expect(deletion?.principal).toMatchObject({ kind: 'role', roleArn: target.roleArn });
  });

  it('has no timer while its queue is empty', async () => {
    await map({});
    expect(await clock.run(() => false)).toBe(false);
    expect(clock.now()).toBe(0);
  });

  it('closes a batch after its window, as soon as another message arrives', async () => {
    await map({ BatchSize: 50, MaximumBatchingWindowInSeconds: 5 }, 1);
    await send('a', 'b');
    await pass(3000);
    await send('c');
    await pass(4000);
    await send('d');
    await pass(10_000);
    expect(batches).toMatchObject([{ at: 7000, bodies: ['a', 'b', 'c', 'd'] }]);
  });

  it.each([1, 5])('keeps a single message for 20 seconds if its window is %i s', async (seconds) => {
    await map({ BatchSize: 50, MaximumBatchingWindowInSeconds: seconds }, 1);
    await send('a');
    await pass(60_000);
    expect(batches).toMatchObject([{ at: 20_000, bodies: ['a'] }]);
  });

  it('delivers a message immediately if it has no window', async () => {
    await map({ BatchSize: 10 });
    await pass(7000);
    await send('a');
    await pass(100);
    expect(batches).toMatchObject([{ at: 7000, bodies: ['a'] }]);
  });

  it('polls an idle queue fifteen times a minute, with five pollers however few batches it may run at once', async () => {
    await map({ ScalingConfig: { MaximumConcurrency: 2 } });
    await pass(10 * 60_000);
    expect(mappings.emptyReceives).toBe(150);
  });

  it('closes a full batch, though one receive returns at most ten', async () => {
    await map({ BatchSize: 12, MaximumBatchingWindowInSeconds: 5 }, 1);
    await send(...Array.from({ length: 15 }, (_, index) => `${index}`));
    await pass(100);
    expect(batches.map((batch) => batch.bodies.length)).toEqual([12]);
    await pass(20_000);
    expect(batches.map((batch) => batch.bodies.length)).toEqual([12, 3]);
  });

  it('distributes waiting messages over its pollers', async () => {
    await send(...Array.from({ length: 10 }, (_, index) => `${index}`));
    await map({ BatchSize: 10 });
    await pass(100);
    expect(batches.length).toBeGreaterThan(1);
    expect(batches.flatMap((batch) => batch.bodies)).toHaveLength(10);
  });

  it('runs no more batches at once than MaximumConcurrency allows', async () => {
    let running = 0;
    let most = 0;
    answer = () => {
      most = Math.max(most, ++running);
      return clock.sleep(1000).then(() => {
        running--;
        return { Payload: Buffer.from('null') };
      });
    };
    await map({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
    await send(...Array.from({ length: 8 }, (_, index) => `${index}`));
    await pass(10_000);
    expect(most).toBe(2);
    expect(left()).toBe(0);
  });

  it('delivers a message again after an error, when its visibility ends', async () => {
    answer = () => ({ FunctionError: batches.length === 1 ? 'Unhandled' : undefined, Payload: Buffer.from('{}') });
    await map({});
    await send('a');
    await pass(29_000);
    expect(batches).toHaveLength(1);
    await pass(2000);
    expect(batches[1]).toMatchObject({ at: 30_000, bodies: ['a'] });
    expect(left()).toBe(0);
  });

  it('keeps the visibility that the function gave a message which it reports as failed', async () => {
    answer = (event) => {
      const record = event.Records[0];
      if (batches.length > 1) return { Payload: Buffer.from('{"batchItemFailures":[]}') };
      const ReceiptHandle = record?.receiptHandle;
      const change = { QueueUrl: queue.ref, ReceiptHandle, VisibilityTimeout: 7 };
      return aws.call(someone, 'sqs', 'ChangeMessageVisibility', change).then(() => ({
        Payload: Buffer.from(JSON.stringify({ batchItemFailures: [{ itemIdentifier: record?.messageId }] })),
      }));
    };
    await map({ FunctionResponseTypes: ['ReportBatchItemFailures'] });
    await send('a');
    await pass(60_000);
    expect(batches.map((batch) => batch.at)).toEqual([0, 7000]);
  });

  it('continues after the service refused an invocation', async () => {
    let refusals = 2;
    aws.faults.set('lambda:Invoke', () =>
      refusals-- > 0 ? new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429) : undefined,
    );
    await map({});
    await send('a');
    await pass(120_000);
    expect(batches).toHaveLength(1);
    expect(left()).toBe(0);
  });

  it('continues after the queue refused a receive', async () => {
    let refusals = 7;
    aws.faults.set('sqs:ReceiveMessage', () => (refusals-- > 0 ? new AwsError('AccessDenied', 'no', 403) : undefined));
    await map({});
    await send('a');
    await pass(20_000);
    expect(batches).toHaveLength(1);
  });
});

describe('a mapping is refused', () => {
  it.each([
    ['if a batch above ten has no window', { BatchSize: 11 }, /batch window in seconds must be greater than 0/],
    ['if MaximumConcurrency is below 2', { ScalingConfig: { MaximumConcurrency: 1 } }, /MaximumConcurrency/],
    ['if it filters', { FilterCriteria: { Filters: [] } }, /FilterCriteria/],
  ])('%s', async (_name, properties, message) => {
    await expect(map(properties)).rejects.toThrow(message);
  });

  it('if the queue shows messages again before the function can end', async () => {
    queue = await make(aws, sqs.resourceTypes, 'AWS::SQS::Queue', { QueueName: 'short', VisibilityTimeout: 5 });
    await expect(map({})).rejects.toThrow(/Queue visibility timeout: 5 seconds is less than Function timeout: 10/);
  });
});

describe("with-sqs, execution role permissions: a mapping is refused if the function's role", () => {
  it.each(['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'])('may not call %s', async (action) => {
    const denied = (asked: string) => (asked === `sqs:${action}` ? 'denied' : undefined);
    await expect(map({}, 5, denied)).rejects.toMatchObject({
      code: 'InvalidParameterValueException',
      message: `The function execution role does not have permissions to call ${action} on SQS`,
    });
  });
});

describe('services-sqs-errorhandling: the answer of a function', () => {
  const batch = [{ MessageId: 'a' }, { MessageId: 'b' }];
  it.each([
    ['an empty list', '{"batchItemFailures":[]}', ['a', 'b']],
    ['a null list', '{"batchItemFailures":null}', ['a', 'b']],
    ['an empty object', '{}', ['a', 'b']],
    ['null', 'null', ['a', 'b']],
    ['one failure', '{"batchItemFailures":[{"itemIdentifier":"a"}]}', ['b']],
    ['text that is no JSON', 'oops', []],
    ['an empty identifier', '{"batchItemFailures":[{"itemIdentifier":""}]}', []],
    ['a null identifier', '{"batchItemFailures":[{"itemIdentifier":null}]}', []],
    ['a wrong key', '{"batchItemFailures":[{"id":"a"}]}', []],
    ['an unknown message', '{"batchItemFailures":[{"itemIdentifier":"z"}]}', []],
  ])('%s', (_name, payload, handled) => {
    const messages = handledMessages(batch, { Payload: Buffer.from(payload) }, true);
    expect(messages.map((message) => message.MessageId)).toEqual(handled);
  });

  it('is not read without ReportBatchItemFailures', () => {
    const report = Buffer.from('{"batchItemFailures":[{"itemIdentifier":"a"}]}');
    expect(handledMessages(batch, { Payload: report }, false)).toHaveLength(2);
  });
});

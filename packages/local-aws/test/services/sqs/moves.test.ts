// Examples from https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html and
// API_ListMessageMoveTasks.html
import { beforeEach, expect, it } from 'vitest';
import { VirtualClock } from '../../../clock.ts';
import { here } from '../../../gateway/service.ts';
import type { Queue } from '../../../services/sqs/queue.ts';
import { Sqs } from '../../../services/sqs/sqs.ts';
import { PermissiveAws, someone } from '../permissive.ts';

let clock: VirtualClock;
let aws: PermissiveAws;
let work: Queue;
let dead: Queue;

beforeEach(() => {
  clock = new VirtualClock(0);
  aws = new PermissiveAws(clock);
  const sqs = new Sqs({ clock, env: here });
  aws.add(sqs.service);
  const common = { visibilityTimeout: 30, retention: 345_600, delay: 0, receiveWait: 0, managedEncryption: true };
  work = sqs.create({ name: 'work', ...common });
  dead = sqs.create({ name: 'dead', ...common });
  work.redrive = { queue: dead, maxReceiveCount: 1 };
});

const arn = (name: string) => `arn:aws:sqs:eu-central-1:123456789012:${name}`;
const start = (input: object = {}) =>
  aws.call(someone, 'sqs', 'StartMessageMoveTask', { SourceArn: arn('dead'), ...input });
const list = (input: object = {}) =>
  aws.call(someone, 'sqs', 'ListMessageMoveTasks', { SourceArn: arn('dead'), MaxResults: 10, ...input });
const message = (body: string) => ({ id: body, body, attributes: {}, senderId: 'x', sentAt: clock.now() });
const pass = (ms: number) => clock.run(() => false, clock.now() + ms);

/** Turns a message into a dead letter: it was received once and not deleted. */
async function die(body: string): Promise<void> {
  work.add(message(body));
  work.receive(1);
  await pass(31_000);
  work.receive(1);
}

it('dead letters return to their source queue as new messages, whose receive count starts again', async () => {
  await die('a');
  expect(work.visible).toBe(0);
  expect(dead.visible).toBe(1);
  await start();
  await pass(5_000);
  expect(work.visible).toBe(1);
  expect(dead.visible).toBe(0);
  const [received] = work.receive(1);
  expect(received).toMatchObject({ body: 'a', receiveCount: 1 });
  expect(received?.id).not.toBe('a');
});

it('a letter that no queue sent there needs a destination', async () => {
  dead.add(message('from a rule'));
  await start();
  await pass(5_000);
  await expect(list()).resolves.toMatchObject({
    Results: [{ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' }],
  });
  await start({ DestinationArn: arn('work') });
  await pass(5_000);
  expect(work.visible).toBe(1);
  expect(dead.visible).toBe(0);
  await expect(list()).resolves.toMatchObject({
    Results: [{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1, DestinationArn: arn('work') }, {}],
  });
});

it('one task per queue runs at a time', async () => {
  await start();
  await expect(start()).rejects.toMatchObject({ code: 'UnsupportedOperation' });
  await pass(5_000);
  await expect(start()).resolves.toHaveProperty('TaskHandle');
});

it.each([
  ['that is no dead-letter queue', { SourceArn: arn('work') }, 'InvalidParameterValue'],
  ['that does not exist', { SourceArn: arn('other') }, 'ResourceNotFoundException'],
])('a source %s is refused', async (_, input, code) => {
  await expect(start(input)).rejects.toMatchObject({ code });
});

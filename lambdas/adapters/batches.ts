import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { deleteAll, type Growth, type ReceivedMessage, receiveFurther } from './queue.ts';

/** What a function does with messages. It returns those that stay in the queue. */
export type Work = (messages: readonly ReceivedMessage[]) => Promise<readonly SQSBatchItemFailure[]>;

/**
 * Handles a batch from a queue, and further messages that wait there. Without a batching window, Lambda delivers at
 * most ten messages. With one, a single message can wait for twenty seconds. So a single message is handled at once,
 * and a batch of several takes along what is there.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * @returns which of the messages that Lambda delivered stay in the queue; the further messages are deleted here
 * @throws what `work` throws: then every message returns when its visibility timeout ends
 */
export async function workOnBatch(
  queueUrl: string,
  { Records }: SQSEvent,
  growth: Growth,
  work: Work,
): Promise<SQSBatchResponse> {
  const further = Records.length < 2 ? [] : await receiveFurther(queueUrl, growth, Records.length);
  const failures = await work([...Records, ...further]);
  await deleteHandled(queueUrl, further, failures);
  // An answer with a message that Lambda did not deliver fails the whole batch.
  const delivered = new Set(Records.map(({ messageId }) => messageId));
  return { batchItemFailures: failures.filter(({ itemIdentifier }) => delivered.has(itemIdentifier)) };
}

/**
 * Handles messages that the function received itself, and deletes those that do not stay.
 *
 * @throws what `work` throws: then every message returns when its visibility timeout ends
 */
export async function workOnReceived(
  queueUrl: string,
  messages: readonly ReceivedMessage[],
  work: Work,
): Promise<void> {
  await deleteHandled(queueUrl, messages, await work(messages));
}

async function deleteHandled(
  queueUrl: string,
  messages: readonly ReceivedMessage[],
  failures: readonly SQSBatchItemFailure[],
): Promise<void> {
  const left = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
  await deleteAll(
    queueUrl,
    messages.filter(({ messageId }) => !left.has(messageId)),
  );
}

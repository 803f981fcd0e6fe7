import { DeleteMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { messagesPerCall, type ReceivedMessage, receive } from './queue.ts';

const client = new SQSClient({ maxAttempts: 4 });

/** How a batch grows while messages wait. */
export interface Growth {
  /** The most messages that a batch holds. */
  readonly atMost: number;
  /** How long a batch waits for further messages once it has ten, 0 to 20 s; 0 takes what is there. */
  readonly waitSeconds: number;
}

/**
 * Works on a batch from a queue, and on what else waits there. Lambda hands over ten messages at most without a batching window, and with one a
 * message that comes alone may wait twenty seconds. So a message that comes alone is dealt with at once, and what does not come alone takes along
 * what is there.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * @param work returns the messages that stay in the queue
 * @returns what Lambda deletes and leaves of the messages that it handed over; the others are deleted here
 * @throws what `work` throws: every message comes back then when its visibility ends
 */
export async function workOnBatch(
  queueUrl: string,
  { Records }: SQSEvent,
  growth: Growth,
  work: (messages: readonly ReceivedMessage[]) => Promise<readonly SQSBatchItemFailure[]>,
): Promise<SQSBatchResponse> {
  const further = Records.length < 2 ? [] : await receiveFurther(queueUrl, growth, Records.length);
  const failures = await work([...Records, ...further]);
  const left = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
  await deleteAll(
    queueUrl,
    further.filter(({ messageId }) => !left.has(messageId)),
  );
  // An answer that names a message which Lambda did not hand over fails all of them.
  return { batchItemFailures: Records.filter(({ messageId }) => left.has(messageId)).map(toFailure) };
}

async function receiveFurther(
  queueUrl: string,
  { atMost, waitSeconds }: Growth,
  had: number,
): Promise<ReceivedMessage[]> {
  const until = Date.now() + waitSeconds * 1_000;
  const received: ReceivedMessage[] = [];
  for (let size = had; size < atMost; size = had + received.length) {
    const wait = size < messagesPerCall ? 0 : waitSeconds;
    const messages = await receive(queueUrl, atMost - size, wait);
    received.push(...messages);
    if (messages.length === 0 || (wait > 0 && Date.now() >= until)) break;
  }
  return received;
}

/** A message that is not deleted comes again, as any message may. */
async function deleteAll(queueUrl: string, messages: readonly ReceivedMessage[]): Promise<void> {
  for (let from = 0; from < messages.length; from += messagesPerCall) {
    const Entries = messages
      .slice(from, from + messagesPerCall)
      .map(({ receiptHandle }, at) => ({ Id: String(at), ReceiptHandle: receiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}

function toFailure({ messageId }: ReceivedMessage): SQSBatchItemFailure {
  return { itemIdentifier: messageId };
}

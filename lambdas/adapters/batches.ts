import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { deleteAll, type Growth, type ReceivedMessage, receiveFurther } from './queue.ts';

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

function toFailure({ messageId }: ReceivedMessage): SQSBatchItemFailure {
  return { itemIdentifier: messageId };
}

import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { deleteAll, type Growth, type ReceivedMessage, receiveFurther } from './queue.ts';

/**
 * Handles a batch from a queue, and further messages that wait there. Without a batching window, Lambda delivers at
 * most ten messages. With one, a single message can wait for twenty seconds. So a single message is handled at once,
 * and a batch of several takes along what is there.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
 *
 * @param work returns the messages that stay in the queue
 * @returns which of the messages that Lambda delivered stay in the queue; the further messages are deleted here
 * @throws what `work` throws: then every message returns when its visibility timeout ends
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
  // An answer with a message that Lambda did not deliver fails the whole batch.
  return { batchItemFailures: Records.filter(({ messageId }) => left.has(messageId)).map(toFailure) };
}

function toFailure({ messageId }: ReceivedMessage): SQSBatchItemFailure {
  return { itemIdentifier: messageId };
}

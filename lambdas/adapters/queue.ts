import { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
import { unlessDone } from './aws-errors.ts';
import { logger } from './telemetry.ts';

const client = new SQSClient({ maxAttempts: 4 });

/**
 * Puts a message back for a while: it stays in the queue, invisible for the given seconds, and is counted as a failure of the batch so
 * that the poller does not delete it. Sending it anew instead would trip Lambda's loop detection after sixteen rounds.
 *
 * @param queueUrl the queue that the record came from
 * @param seconds 0 to 43,200
 */
export async function putBack(queueUrl: string, record: SQSRecord, seconds: number): Promise<SQSBatchItemFailure> {
  const waiting = new ChangeMessageVisibilityCommand({
    QueueUrl: queueUrl,
    ReceiptHandle: record.receiptHandle,
    VisibilityTimeout: seconds,
  });
  const answer = await unlessDone('sqs:ChangeMessageVisibility', () => client.send(waiting));
  if (answer === undefined)
    logger.warn('a message was received again before it could be put back', { messageId: record.messageId });
  return { itemIdentifier: record.messageId };
}

/** SendMessageBatch takes at most ten messages. */
const messagesPerCall = 10;

/**
 * Sends messages to a queue.
 *
 * @throws Error where the queue did not take one of them
 */
export async function sendAll(queueUrl: string, bodies: readonly string[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += messagesPerCall) {
    const Entries = bodies
      .slice(from, from + messagesPerCall)
      .map((MessageBody, at) => ({ Id: String(at), MessageBody }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`the queue did not take ${Failed.length} messages: ${Failed[0]?.Message}`);
  }
}

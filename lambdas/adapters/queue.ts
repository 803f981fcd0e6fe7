import { ChangeMessageVisibilityCommand, ReceiptHandleIsInvalid, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
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
  try {
    await client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: record.receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  } catch (error) {
    if (!(error instanceof ReceiptHandleIsInvalid)) throw error;
    logger.warn('a message was received again before it could be put back', { messageId: record.messageId });
  }
  return { itemIdentifier: record.messageId };
}

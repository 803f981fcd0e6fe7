import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure, SQSRecord } from 'aws-lambda';
import { unlessDone } from './aws-errors.ts';
import { logger } from './telemetry.ts';

const client = new SQSClient({ maxAttempts: 4 });

/** A message that was received, as far as it is worked with: a poller's record is one. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp?: string | undefined };
}

/**
 * Puts a message back for a while: it stays in the queue, invisible for the given seconds, and is counted as a failure of the batch so
 * that the poller does not delete it. Sending it anew instead would trip Lambda's loop detection after sixteen rounds.
 *
 * @param queueUrl the queue that the record came from
 * @param seconds 0 to 43,200
 */
export async function putBack(
  queueUrl: string,
  record: Pick<SQSRecord, 'messageId' | 'receiptHandle'>,
  seconds: number,
): Promise<SQSBatchItemFailure> {
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

/** ReceiveMessage gives at most ten messages, and calls about several messages take as many. */
export const messagesPerCall = 10;

/** A message that comes back later. */
export interface Deferral {
  readonly record: ReceivedMessage;
  /** 0 to 43,200. */
  readonly seconds: number;
}

/**
 * Defers messages: each stays in the queue, invisible for its seconds, and counts as a failure of the batch so that it is not deleted. To send it
 * again instead would trip Lambda's loop detection after sixteen rounds. A message that SQS does not defer was received again, or comes back when
 * its visibility ends.
 *
 * @param queueUrl the queue that the messages came from
 */
export async function deferAll(queueUrl: string, deferrals: readonly Deferral[]): Promise<SQSBatchItemFailure[]> {
  for (let from = 0; from < deferrals.length; from += messagesPerCall) {
    const Entries = deferrals.slice(from, from + messagesPerCall).map(({ record, seconds }, at) => ({
      Id: String(at),
      ReceiptHandle: record.receiptHandle,
      VisibilityTimeout: seconds,
    }));
    const { Failed = [] } = await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0)
      logger.warn('messages could not be deferred', { count: Failed.length, code: Failed[0]?.Code });
  }
  return deferrals.map(({ record }) => ({ itemIdentifier: record.messageId }));
}

/** About how many messages a queue holds, those included that are deferred or at work. */
export async function depthOf(queueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
  const { Attributes = {} } = await client.send(asked);
  return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

/**
 * Receives messages by one call. The caller deletes each of them, or puts it back.
 *
 * @param most how many; a call gives {@link messagesPerCall} at most
 * @param waitSeconds how long to wait for the first one, 0 to 20
 */
export async function receive(queueUrl: string, most: number, waitSeconds: number): Promise<ReceivedMessage[]> {
  const receiving = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(messagesPerCall, most),
    WaitTimeSeconds: waitSeconds,
    MessageSystemAttributeNames: ['SentTimestamp'],
  });
  const { Messages = [] } = await client.send(receiving);
  return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: { SentTimestamp: Attributes['SentTimestamp'] },
  }));
}

/**
 * Takes messages out of a queue that are visible now. The caller deletes each of them, or puts it back.
 *
 * @param most how many
 */
export async function takeMessages(queueUrl: string, most: number): Promise<readonly ReceivedMessage[]> {
  const taken: ReceivedMessage[] = [];
  while (taken.length < most) {
    const messages = await receive(queueUrl, most - taken.length, 0);
    if (messages.length === 0) break;
    taken.push(...messages);
  }
  return taken;
}

/** Deletes a message that was taken and is dealt with. */
export async function deleteMessage(queueUrl: string, { receiptHandle }: ReceivedMessage): Promise<void> {
  const deletion = new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle });
  await unlessDone('sqs:DeleteMessage', () => client.send(deletion));
}

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

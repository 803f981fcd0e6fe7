import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchItemFailure } from 'aws-lambda';
import { logger } from './telemetry.ts';

const client = new SQSClient({ maxAttempts: 4 });

/** A received message, from Lambda's poller or from ReceiveMessage. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp?: string | undefined };
}

/** The maximum number of messages in one ReceiveMessage or batch call. */
export const messagesPerCall = 10;

/** A message that returns later. */
export interface Deferral {
  readonly record: ReceivedMessage;
  /** 0 to 43,200. */
  readonly seconds: number;
}

/**
 * Defers messages. Each stays in the queue, invisible for its seconds, and counts as a failure of the batch so that it
 * is not deleted. Sending it again instead would trigger Lambda's loop detection after sixteen rounds. A message that
 * SQS does not defer was received again, or returns when its visibility timeout ends.
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

/** Returns the approximate number of messages in a queue, including those deferred or in progress. */
export async function depthOf(queueUrl: string): Promise<number> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] });
  const { Attributes = {} } = await client.send(asked);
  return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
}

/**
 * Receives messages with one call.
 *
 * @param most the maximum number of messages, limited to {@link messagesPerCall}
 * @param waitSeconds how long to wait for the first message, 0 to 20
 */
async function receive(queueUrl: string, most: number, waitSeconds: number): Promise<ReceivedMessage[]> {
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

/** How a batch grows while messages wait. */
export interface Growth {
  /** The maximum number of messages in a batch. */
  readonly atMost: number;
  /** How long a batch of ten or more waits for further messages, 0 to 20 s. 0 takes only what is there. */
  readonly waitSeconds: number;
}

/**
 * Receives further messages for a batch. The caller deletes or defers each of them.
 *
 * @param had the number of messages already in the batch
 */
export async function receiveFurther(
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

/** Deletes handled messages. One that is not deleted is delivered again, as any message may be. */
export async function deleteAll(queueUrl: string, messages: readonly ReceivedMessage[]): Promise<void> {
  for (let from = 0; from < messages.length; from += messagesPerCall) {
    const Entries = messages
      .slice(from, from + messagesPerCall)
      .map(({ receiptHandle }, at) => ({ Id: String(at), ReceiptHandle: receiptHandle }));
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}

/**
 * Sends messages to a queue.
 *
 * @throws Error if the queue rejects one of them
 */
export async function sendAll(queueUrl: string, bodies: readonly string[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += messagesPerCall) {
    const Entries = bodies
      .slice(from, from + messagesPerCall)
      .map((MessageBody, at) => ({ Id: String(at), MessageBody }));
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    if (Failed.length > 0) throw new Error(`the queue rejected ${Failed.length} messages: ${Failed[0]?.Message}`);
  }
}

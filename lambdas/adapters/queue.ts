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

/** A message that was received, as far as it is worked with: a poller's record is one. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: { readonly SentTimestamp?: string | undefined };
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
 * Receives messages by one call.
 *
 * @param most how many; a call gives {@link messagesPerCall} at most
 * @param waitSeconds how long to wait for the first one, 0 to 20
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
  /** The most messages that a batch holds. */
  readonly atMost: number;
  /** How long a batch waits for further messages once it has ten, 0 to 20 s; 0 takes what is there. */
  readonly waitSeconds: number;
}

/**
 * Receives further messages for a batch. The caller deletes or defers each of them.
 *
 * @param had how many messages the batch has
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

/** Deletes messages that are dealt with. One that is not deleted comes again, as any message may. */
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
 * @throws Error if the queue did not take one of them
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

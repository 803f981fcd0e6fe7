/** Messages of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html */
import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import { md5OfAttributes, md5OfBody, type ReceivedMessage } from './queue.ts';

/** A message as ReceiveMessage returns it, with the requested system and message attributes. */
export function shown(message: ReceivedMessage, wanted: readonly string[], named: readonly string[]): Message {
  const all: Record<string, string> = {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    ...(message.deadLetterSource === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetterSource }),
  };
  const system = Object.entries(all).filter(([name]) => wanted.includes('All') || wanted.includes(name));
  const own = Object.entries(message.attributes).filter(([name]) =>
    named.some((one) => one === 'All' || one === name || (one.endsWith('.*') && name.startsWith(one.slice(0, -1)))),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5OfBody(message.body),
    Body: message.body,
    ...(system.length === 0 ? {} : { Attributes: Object.fromEntries(system) }),
    ...(own.length === 0
      ? {}
      : {
          MessageAttributes: Object.fromEntries(own),
          MD5OfMessageAttributes: md5OfAttributes(Object.fromEntries(own)),
        }),
  };
}

/** A message's size in bytes, as its limit counts it: body and attributes together. */
export function messageSize(input: {
  MessageBody?: string | undefined;
  MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
}): number {
  let size = Buffer.byteLength(input.MessageBody ?? '');
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(input.MessageAttributes ?? {})) {
    size +=
      Buffer.byteLength(name) + Buffer.byteLength(DataType ?? '') + Buffer.byteLength(StringValue ?? BinaryValue ?? '');
  }
  return size;
}

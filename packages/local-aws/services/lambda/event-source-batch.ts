/** A function's input from a queue, and the effect of its answer on the messages. */
import type { Message } from '@aws-sdk/client-sqs';
import type { SQSRecord, SQSRecordAttributes } from 'aws-lambda';
import * as v from 'valibot';

/** One record of the event of https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function sqsRecord(message: Message, eventSourceARN: string, awsRegion: string): SQSRecord {
  const attributes: SQSRecord['messageAttributes'] = {};
  for (const [name, value] of Object.entries(message.MessageAttributes ?? {})) {
    attributes[name] = {
      ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
      ...(value.BinaryValue === undefined ? {} : { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType ?? 'String',
    };
  }
  const system: Partial<Record<string, string>> = message.Attributes ?? {};
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: recordAttributes(system),
    messageAttributes: attributes,
    md5OfBody: message.MD5OfBody ?? '',
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion,
  };
}

function recordAttributes(system: Partial<Record<string, string>>): SQSRecordAttributes {
  const { ApproximateReceiveCount = '', SentTimestamp = '', SenderId = '' } = system;
  const { ApproximateFirstReceiveTimestamp = '', DeadLetterQueueSourceArn } = system;
  return {
    ApproximateReceiveCount,
    SentTimestamp,
    SenderId,
    ApproximateFirstReceiveTimestamp,
    ...(DeadLetterQueueSourceArn === undefined ? {} : { DeadLetterQueueSourceArn }),
  };
}

const InvocationSchema = v.object({
  FunctionError: v.nullish(v.string()),
  Payload: v.optional(v.custom<Uint8Array>((value) => value instanceof Uint8Array)),
});

const ReportSchema = v.nullish(
  v.looseObject({
    batchItemFailures: v.nullish(v.array(v.looseObject({ itemIdentifier: v.pipe(v.string(), v.minLength(1)) }))),
  }),
);

/**
 * The messages of a batch that may be deleted, by the rules of services-sqs-errorhandling.html: all after a success,
 * none after an error, and with partial answers those that the answer does not name. A malformed answer, or one that
 * names a message outside of the batch, fails the whole batch.
 *
 * @param answer the output of Invoke
 * @param partial whether the mapping has ReportBatchItemFailures
 */
export function handledMessages(batch: readonly Message[], answer: unknown, partial: boolean): readonly Message[] {
  const { FunctionError, Payload } = v.parse(InvocationSchema, answer);
  if (typeof FunctionError === 'string') return [];
  if (!partial) return batch;
  const report = v.safeParse(ReportSchema, parse(Payload));
  if (!report.success) return [];
  const failed = new Set(report.output?.batchItemFailures?.map((failure) => failure.itemIdentifier));
  const known = new Set(batch.map((message) => message.MessageId));
  if (![...failed].every((id) => known.has(id))) return [];
  return batch.filter((message) => !failed.has(message.MessageId ?? ''));
}

/** The JSON of a payload; null if it is empty, and a string for text that is not JSON, which no report is. */
function parse(payload: Uint8Array | undefined): unknown {
  const text = Buffer.from(payload ?? []).toString('utf8');
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

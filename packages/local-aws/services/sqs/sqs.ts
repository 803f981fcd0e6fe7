/** SQS, standard queues: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html */
import { randomUUID } from 'node:crypto';
import type {
  ChangeMessageVisibilityBatchCommandInput,
  ChangeMessageVisibilityCommandInput,
  CreateQueueCommandInput,
  DeleteMessageBatchCommandInput,
  DeleteMessageCommandInput,
  GetQueueAttributesCommandInput,
  GetQueueUrlCommandInput,
  MessageAttributeValue,
  ReceiveMessageCommandInput,
  SendMessageBatchCommandInput,
  SendMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { QueueAttributeName } from '@aws-sdk/client-sqs';
import type { Clock } from '../../clock.ts';
import {
  type Authorization,
  AwsError,
  type Environment,
  operation,
  type Principal,
  type Service,
} from '../../gateway/service.ts';
import type { ResourceType } from '../../template/resource.ts';
import { batch } from './batch.ts';
import { messageSize, shown } from './message.ts';
import { moveOperations } from './moves.ts';
import { md5OfAttributes, md5OfBody, Queue, type QueueSettings, type ReceivedMessage, type Redrive } from './queue.ts';
import { queueResourceTypes } from './resources.ts';

/** The largest message, body and attributes together: 1 MiB since August 2025. */
const largestMessage = 1_048_576;
/** The longest visibility timeout in seconds: 12 hours. */
const longestVisibility = 43_200;

/** What no message may contain: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const notAllowed = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
/** The attributes that a queue may have, whether it has them or not. */
const attributeNames = new Set<string>(Object.values(QueueAttributeName));
/** The data types of message attributes, before a custom label. */
const dataType = /^(String|Number|Binary)(\.|$)/;

/** The queues of one account and region. */
export class Sqs {
  readonly service: Service;
  readonly resourceTypes: readonly ResourceType[];
  readonly #clock: Clock;
  readonly #env: Environment;
  readonly #queues = new Map<string, Queue>();

  constructor(options: { clock: Clock; env: Environment }) {
    this.#clock = options.clock;
    this.#env = options.env;
    this.resourceTypes = queueResourceTypes(this);
    const allow = (action: string) => (input: { QueueUrl: string | undefined }) =>
      this.#authorize(action, input.QueueUrl);
    this.service = {
      name: 'sqs',
      operations: {
        ...moveOperations({
          clock: this.#clock,
          byArn: (arn) => this.byArn(arn),
          all: () => this.all(),
          authorize: (action, arn) => this.#authorize(action, this.#urlOf(arn.split(':')[5] ?? '')),
        }),
        SendMessage: operation(allow('SendMessage'), (input: SendMessageCommandInput, call) =>
          this.#send(this.#of(input.QueueUrl), input, call.principal),
        ),
        SendMessageBatch: operation(allow('SendMessage'), (input: SendMessageBatchCommandInput, call) => {
          const queue = this.#of(input.QueueUrl);
          const size = (input.Entries ?? []).reduce((sum, entry) => sum + messageSize(entry), 0);
          if (size > largestMessage) {
            throw new AwsError('BatchRequestTooLong', `Batch requests cannot be longer than ${largestMessage} bytes.`);
          }
          return batch(input.Entries, (entry) => this.#send(queue, entry, call.principal));
        }),
        ReceiveMessage: operation(allow('ReceiveMessage'), (input: ReceiveMessageCommandInput) => this.#receive(input)),
        DeleteMessage: operation(allow('DeleteMessage'), (input: DeleteMessageCommandInput) => {
          this.#of(input.QueueUrl).delete(handle(input.ReceiptHandle));
          return {};
        }),
        DeleteMessageBatch: operation(allow('DeleteMessage'), (input: DeleteMessageBatchCommandInput) => {
          const queue = this.#of(input.QueueUrl);
          return batch(input.Entries, (entry) => {
            queue.delete(handle(entry.ReceiptHandle));
            return {};
          });
        }),
        ChangeMessageVisibility: operation(
          allow('ChangeMessageVisibility'),
          (input: ChangeMessageVisibilityCommandInput) => {
            changeVisibility(this.#of(input.QueueUrl), input);
            return {};
          },
        ),
        ChangeMessageVisibilityBatch: operation(
          allow('ChangeMessageVisibility'),
          (input: ChangeMessageVisibilityBatchCommandInput) => {
            const queue = this.#of(input.QueueUrl);
            return batch(input.Entries, (entry) => {
              changeVisibility(queue, entry);
              return {};
            });
          },
        ),
        CreateQueue: operation(
          (input: CreateQueueCommandInput) => this.#authorize('CreateQueue', this.#urlOf(input.QueueName ?? '')),
          (input: CreateQueueCommandInput) => ({ QueueUrl: this.#make(input).settings.url }),
        ),
        GetQueueUrl: operation(
          (input: GetQueueUrlCommandInput) => this.#authorize('GetQueueUrl', this.#urlOf(input.QueueName ?? '')),
          (input: GetQueueUrlCommandInput) => ({ QueueUrl: this.#of(this.#urlOf(input.QueueName ?? '')).settings.url }),
        ),
        GetQueueAttributes: operation(allow('GetQueueAttributes'), (input: GetQueueAttributesCommandInput) =>
          attributes(this.#of(input.QueueUrl), input.AttributeNames ?? []),
        ),
      },
    };
  }

  /** Creates a queue; times are in seconds. */
  create(settings: Omit<QueueSettings, 'arn' | 'url'>): Queue {
    const { account, region, partition } = this.#env;
    if (this.#queues.has(settings.name))
      throw new AwsError('QueueNameExists', `A queue named ${settings.name} already exists.`);
    const arn = `arn:${partition}:sqs:${region}:${account}:${settings.name}`;
    const queue = new Queue({ ...settings, arn, url: this.#urlOf(settings.name) }, this.#clock);
    this.#queues.set(settings.name, queue);
    return queue;
  }

  /** Creates a queue from an API request, with the attributes that a redrive needs; any other is refused. */
  #make({ QueueName = '', Attributes = {} }: CreateQueueCommandInput): Queue {
    const { VisibilityTimeout = '30', RedrivePolicy, ...rest } = Attributes;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw new AwsError('InvalidAttributeName', `${unknown} is not known here`);
    const settings = { delay: 0, receiveWait: 0, retention: 345_600, managedEncryption: true };
    const made = this.create({ ...settings, name: QueueName, visibilityTimeout: Number(VisibilityTimeout) });
    if (RedrivePolicy === undefined) return made;
    const { deadLetterTargetArn = '', maxReceiveCount = 1 } = JSON.parse(RedrivePolicy) as Record<string, never>;
    try {
      made.setRedrive({ queue: this.byArn(deadLetterTargetArn), maxReceiveCount: Number(maxReceiveCount) });
    } catch (error) {
      this.#queues.delete(QueueName);
      throw error;
    }
    return made;
  }

  /** Deletes a queue and its messages, by URL. */
  remove(url: string): void {
    this.#queues.delete(this.#of(url).settings.name);
  }

  /** The queue with an ARN. Throws AwsError QueueDoesNotExist. */
  byArn(arn: string): Queue {
    const queue = this.#queues.get(arn.split(':')[5] ?? '');
    if (queue?.settings.arn !== arn) throw doesNotExist();
    return queue;
  }

  /** Every queue, for a run's report. */
  all(): readonly Queue[] {
    return [...this.#queues.values()];
  }

  #urlOf(name: string): string {
    return `https://sqs.${this.#env.region}.amazonaws.com/${this.#env.account}/${name}`;
  }

  /** The queue with a URL. Throws AwsError QueueDoesNotExist. */
  byUrl(url: string): Queue {
    return this.#of(url);
  }

  #of(url: string | undefined): Queue {
    const queue = this.#queues.get(url?.split('/')[4] ?? '');
    if (queue === undefined || queue.settings.url !== url) throw doesNotExist();
    return queue;
  }

  #authorize(action: string, url: string | undefined): readonly Authorization[] {
    const [, , , account = '', name = ''] = (url ?? '').split('/');
    const resource = `arn:${this.#env.partition}:sqs:${this.#env.region}:${account}:${name}`;
    const resourcePolicy = this.#queues.get(name)?.policy;
    return [{ action: `sqs:${action}`, resource, ...(resourcePolicy === undefined ? {} : { resourcePolicy }) }];
  }

  #send(
    queue: Queue,
    input: {
      MessageBody?: string | undefined;
      MessageAttributes?: Record<string, MessageAttributeValue> | undefined;
      DelaySeconds?: number | undefined;
    },
    principal: Principal,
  ) {
    const body = input.MessageBody ?? '';
    if (body === '') throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
    if (messageSize(input) > largestMessage) {
      throw invalidParameter(
        `One or more parameters are invalid. Reason: Message must be shorter than ${largestMessage} bytes.`,
      );
    }
    if (notAllowed.test(body)) {
      throw new AwsError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
    }
    const attributes = input.MessageAttributes ?? {};
    if (Object.keys(attributes).length > 10) {
      throw invalidParameter(
        `Number of message attributes [${Object.keys(attributes).length}] exceeds the allowed maximum [10].`,
      );
    }
    for (const [name, attribute] of Object.entries(attributes)) checkAttribute(name, attribute);
    inRange(input.DelaySeconds, 'DelaySeconds', 0, 900);
    const id = randomUUID();
    queue.add(
      { id, body, attributes, senderId: senderId(principal), sentAt: this.#clock.now() },
      input.DelaySeconds ?? queue.settings.delay,
    );
    return { MessageId: id, MD5OfMessageBody: md5OfBody(body), MD5OfMessageAttributes: md5OfAttributes(attributes) };
  }

  async #receive(input: ReceiveMessageCommandInput) {
    const queue = this.#of(input.QueueUrl);
    inRange(input.MaxNumberOfMessages, 'MaxNumberOfMessages', 1, 10);
    inRange(input.VisibilityTimeout, 'VisibilityTimeout', 0, longestVisibility);
    inRange(input.WaitTimeSeconds, 'WaitTimeSeconds', 0, 20);
    const take = () => queue.receive(input.MaxNumberOfMessages ?? 1, input.VisibilityTimeout ?? undefined);
    let received = take();
    const wait = input.WaitTimeSeconds ?? queue.settings.receiveWait;
    if (received.length === 0 && wait > 0) {
      received = await new Promise<ReceivedMessage[]>((resolve) => {
        const end = (messages: ReceivedMessage[]) => {
          unwatch();
          timer.cancel();
          resolve(messages);
        };
        const unwatch = queue.watch(() => {
          const messages = take();
          if (messages.length > 0) end(messages);
        });
        const timer = this.#clock.after(wait * 1000, () => end([]));
      });
    }
    const wanted = [...(input.MessageSystemAttributeNames ?? []), ...(input.AttributeNames ?? [])];
    const named = input.MessageAttributeNames ?? [];
    return received.length === 0 ? {} : { Messages: received.map((message) => shown(message, wanted, named)) };
  }
}

function attributes(queue: Queue, names: readonly string[]): { Attributes?: Record<string, string> } {
  const { settings, redrive, policy } = queue;
  const all: Record<string, string> = {
    QueueArn: settings.arn,
    ApproximateNumberOfMessages: String(queue.visible),
    ApproximateNumberOfMessagesNotVisible: String(queue.inFlight),
    ApproximateNumberOfMessagesDelayed: String(queue.delayed),
    VisibilityTimeout: String(settings.visibilityTimeout),
    MessageRetentionPeriod: String(settings.retention),
    DelaySeconds: String(settings.delay),
    ReceiveMessageWaitTimeSeconds: String(settings.receiveWait),
    MaximumMessageSize: String(largestMessage),
    SqsManagedSseEnabled: String(settings.managedEncryption),
    ...(policy === undefined ? {} : { Policy: JSON.stringify(policy) }),
    ...(redrive === undefined ? {} : { RedrivePolicy: redrivePolicy(redrive) }),
  };
  for (const name of names) {
    if (name !== 'All' && !attributeNames.has(name)) {
      throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    }
  }
  const chosen = Object.entries(all).filter(([name]) => names.includes('All') || names.includes(name));
  return chosen.length === 0 ? {} : { Attributes: Object.fromEntries(chosen) };
}

function redrivePolicy({ queue, maxReceiveCount }: Redrive): string {
  return JSON.stringify({ deadLetterTargetArn: queue.settings.arn, maxReceiveCount });
}

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
function checkAttribute(name: string, { DataType = '', StringValue, BinaryValue }: MessageAttributeValue): void {
  if (!dataType.test(DataType)) {
    throw invalidParameter(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if ((StringValue ?? '') === '' && (BinaryValue?.byteLength ?? 0) === 0) {
    throw invalidParameter(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`,
    );
  }
}

function changeVisibility(
  queue: Queue,
  input: { ReceiptHandle?: string | undefined; VisibilityTimeout?: number | undefined },
): void {
  if (input.VisibilityTimeout === undefined) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter VisibilityTimeout.');
  }
  inRange(input.VisibilityTimeout, 'VisibilityTimeout', 0, longestVisibility);
  queue.changeVisibility(handle(input.ReceiptHandle), input.VisibilityTimeout);
}

function handle(receiptHandle: string | undefined): string {
  if (receiptHandle === undefined || !/^[\da-f-]{36}#[\da-f-]{36}#\d+$/.test(receiptHandle)) {
    throw new AwsError(
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${receiptHandle ?? ''}" is not a valid receipt handle.`,
    );
  }
  return receiptHandle;
}

function inRange(value: number | undefined, name: string, min: number, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  throw invalidParameter(
    `Value ${value} for parameter ${name} is invalid. Reason: Must be >= ${min} and <= ${max}, if provided.`,
  );
}

function senderId(principal: Principal): string {
  return principal.kind === 'role' ? `AROALOCALCLOUD:${principal.sessionName}` : principal.service;
}

function invalidParameter(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}

function doesNotExist(): AwsError {
  return new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
}

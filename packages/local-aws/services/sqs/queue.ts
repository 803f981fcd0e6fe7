/**
 * One standard queue: visibility, receipt handles, receive counts and the move to a dead-letter queue, as
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html and
 * sqs-dead-letter-queues.html describe them.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Clock, Timer } from '../../clock.ts';
import { AwsError } from '../../gateway/service.ts';

/** A queue's settings; all times are in seconds. */
export interface QueueSettings {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly visibilityTimeout: number;
  readonly retention: number;
  readonly delay: number;
  readonly receiveWait: number;
  readonly managedEncryption: boolean;
}

/** The destination of messages that were received too often. */
export interface Redrive {
  readonly queue: Queue;
  readonly maxReceiveCount: number;
}

/** A message as the queue keeps it. */
export interface StoredMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  readonly senderId: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  readonly deadLetterSource?: string;
}

/** A message as one receive returns it. */
export interface ReceivedMessage extends StoredMessage {
  readonly receiptHandle: string;
  readonly receiveCount: number;
  /** Milliseconds since the epoch. */
  readonly firstReceivedAt: number;
}

interface Entry {
  readonly message: StoredMessage;
  /**
   * When it came into this queue, in milliseconds since the epoch: a dead letter keeps the time at which it was first
   * sent.
   */
  readonly arrivedAt: number;
  receiveCount: number;
  firstReceivedAt: number;
  /** The latest receive's handle; earlier ones no longer count. */
  handle: string | undefined;
  hidden: Timer | undefined;
}

/** How long one receive may hide a message, counted from that receive: 12 hours. */
const longestVisibilityMs = 12 * 3600 * 1000;

/** A queue and its messages. */
export class Queue {
  readonly settings: QueueSettings;
  redrive: Redrive | undefined;
  /** ARNs of the queues that may use this one for their dead letters; any if absent. */
  allowsRedriveOf: readonly string[] | undefined;
  policy: unknown;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #visible = new Set<Entry>();
  readonly #watchers = new Set<() => void>();

  constructor(settings: QueueSettings, clock: Clock) {
    this.settings = settings;
    this.#clock = clock;
  }

  /**
   * From now on moves messages that are received too often to another queue. Throws AwsError InvalidParameterValue if
   * that queue does not allow it.
   */
  setRedrive(redrive: Redrive): void {
    const { queue } = redrive;
    if (queue.allowsRedriveOf?.includes(this.settings.arn) === false) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value for parameter RedrivePolicy is invalid. Reason: The dead-letter queue ${queue.settings.arn} does not allow redrive from ${this.settings.arn}.`,
      );
    }
    this.redrive = redrive;
  }

  /** How many messages could be received now. */
  get visible(): number {
    return this.#visible.size;
  }

  /** How many messages are hidden by a receive. */
  get inFlight(): number {
    return [...this.#entries.values()].filter((entry) => entry.handle !== undefined && entry.hidden !== undefined)
      .length;
  }

  /** How many messages wait for the end of their delay. */
  get delayed(): number {
    return this.#entries.size - this.visible - this.inFlight;
  }

  /** Calls `watcher` each time a message becomes visible, until the returned function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Adds a message; `delaySeconds` defaults to the queue's own. */
  add(message: StoredMessage, delaySeconds = this.settings.delay): void {
    const fresh = { receiveCount: 0, firstReceivedAt: 0, handle: undefined, hidden: undefined };
    const entry: Entry = { ...fresh, message, arrivedAt: this.#clock.now() };
    this.#entries.set(message.id, entry);
    this.#hide(entry, delaySeconds * 1000);
  }

  /** Returns up to `limit` visible messages and hides them for `visibilitySeconds`. */
  receive(limit: number, visibilitySeconds = this.settings.visibilityTimeout): ReceivedMessage[] {
    const now = this.#clock.now();
    const received: ReceivedMessage[] = [];
    for (const entry of this.#visible) {
      if (received.length >= limit) break;
      if (now - entry.message.sentAt >= this.settings.retention * 1000) {
        this.#forget(entry);
      } else if (this.redrive !== undefined && entry.receiveCount >= this.redrive.maxReceiveCount) {
        this.#forget(entry);
        this.redrive.queue.add({ ...entry.message, deadLetterSource: this.settings.arn }, 0);
      } else {
        received.push(this.#handOut(entry, now, visibilitySeconds));
      }
    }
    return received;
  }

  /** Every message in the queue: visible, hidden by a receive, or delayed. */
  messages(): readonly StoredMessage[] {
    return [...this.#entries.values()].map(({ message }) => message);
  }

  /** When each message that is in the queue came into it, in milliseconds since the epoch. */
  arrivals(): readonly number[] {
    return [...this.#entries.values()].map(({ arrivedAt }) => arrivedAt);
  }

  /** The messages that could be received now. */
  visibleMessages(): readonly StoredMessage[] {
    return [...this.#visible].map(({ message }) => message);
  }

  /** Removes a message by its id, for the task that moves it. */
  take(id: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#forget(entry);
  }

  /** Deletes the message of a receipt; an earlier receive's handle succeeds and deletes nothing, as in AWS. */
  delete(receiptHandle: string): void {
    const entry = this.#entries.get(messageId(receiptHandle));
    if (entry?.handle === receiptHandle) this.#forget(entry);
  }

  /**
   * Sets how long a receipt's message stays hidden from now.
   *
   * @throws AwsError MessageNotInflight if it is visible again, InvalidParameterValue if it is gone or was received
   * again
   */
  changeVisibility(receiptHandle: string, seconds: number): void {
    const entry = this.#entries.get(messageId(receiptHandle));
    if (entry === undefined || entry.handle !== receiptHandle) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
      );
    }
    if (entry.hidden === undefined) {
      throw new AwsError('MessageNotInflight', 'The specified message is not in flight.');
    }
    const received = Number(receiptHandle.split('#')[2]);
    if (this.#clock.now() + seconds * 1000 > received + longestVisibilityMs) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].`,
      );
    }
    this.#hide(entry, seconds * 1000);
  }

  #handOut(entry: Entry, now: number, visibilitySeconds: number): ReceivedMessage {
    entry.receiveCount++;
    if (entry.receiveCount === 1) entry.firstReceivedAt = now;
    const receiptHandle = `${entry.message.id}#${randomUUID()}#${now}`;
    entry.handle = receiptHandle;
    this.#hide(entry, visibilitySeconds * 1000);
    const { receiveCount, firstReceivedAt } = entry;
    return { ...entry.message, receiptHandle, receiveCount, firstReceivedAt };
  }

  #hide(entry: Entry, ms: number): void {
    entry.hidden?.cancel();
    entry.hidden = undefined;
    if (ms <= 0) {
      this.#show(entry);
      return;
    }
    this.#visible.delete(entry);
    entry.hidden = this.#clock.after(ms, () => {
      entry.hidden = undefined;
      this.#show(entry);
    });
  }

  #show(entry: Entry): void {
    this.#visible.add(entry);
    for (const watcher of [...this.#watchers]) watcher();
  }

  #forget(entry: Entry): void {
    entry.hidden?.cancel();
    this.#visible.delete(entry);
    this.#entries.delete(entry.message.id);
  }
}

function messageId(receiptHandle: string): string {
  return receiptHandle.split('#', 1)[0] ?? '';
}

/** A body's MD5, which SQS returns and the SDK checks. */
export function md5OfBody(body: string): string {
  return createHash('md5').update(body).digest('hex');
}

/**
 * The MD5 of message attributes: names in order; name, type and value each with its length (sqs-message-metadata.html).
 */
export function md5OfAttributes(attributes: Readonly<Record<string, MessageAttributeValue>>): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (part: string | Uint8Array) => {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {};
    add(name);
    add(DataType);
    hash.update(Buffer.from([DataType.startsWith('Binary') ? 2 : 1]));
    add(StringValue ?? BinaryValue ?? '');
  }
  return hash.digest('hex');
}

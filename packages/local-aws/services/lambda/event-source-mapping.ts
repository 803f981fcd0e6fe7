/**
 * Lambda's event source mappings of queues: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
 * services-sqs-scaling.html and services-sqs-errorhandling.html. Pollers gather batches, invoke the function and delete
 * what it has dealt with.
 */
import { randomUUID } from 'node:crypto';
import type { Message } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { type Aws, AwsError, type Environment, type Principal } from '../../gateway/service.ts';
import type { Authorizer } from '../../iam/identities.ts';
import type { ResourceType } from '../../template/resource.ts';
import { BooleanSchema, integer, propertyNames, readProperties, TagsSchema } from '../properties.ts';
import type { Queue } from '../sqs/queue.ts';
import type { Sqs } from '../sqs/sqs.ts';
import { handledMessages, sqsRecord } from './event-source-batch.ts';

/** What a mapping needs to know of a function. */
export interface MappedFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly timeoutSeconds: number;
}

/**
 * How many pollers, and so how many batches at once, Lambda starts a mapping with. That it adds more under load is not
 * modelled.
 */
const firstPollers = 5;
/** How long a poller's receive waits for a message, in milliseconds: "uses long polling". */
const longPollMs = 20_000;
/** What one invocation's payload may hold, in bytes. */
const largestBatch = 6 * 1024 * 1024;

const MappingSchema = v.pipe(
  v.strictObject({
    EventSourceArn: v.pipe(v.string(), v.regex(/^arn:[^:]+:sqs:/)),
    FunctionName: v.string(),
    BatchSize: v.optional(integer(1, 10_000), 10),
    MaximumBatchingWindowInSeconds: v.optional(integer(0, 300), 0),
    FunctionResponseTypes: v.optional(v.array(v.literal('ReportBatchItemFailures')), []),
    ScalingConfig: v.optional(v.strictObject({ MaximumConcurrency: v.optional(integer(2, 1000)) })),
    Enabled: v.optional(BooleanSchema, true),
    Tags: v.optional(TagsSchema),
  }),
  v.check(
    (read) => read.BatchSize <= 10 || read.MaximumBatchingWindowInSeconds >= 1,
    'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
  ),
);

/** The mappings of one account and region. */
export class EventSourceMappings {
  readonly resourceTypes: readonly ResourceType[];
  readonly #mappings: Mapping[] = [];

  /**
   * @param options.functions looks a function up by its name or ARN
   * @param options.iam decides whether a function's role may poll; without it that is seen at the first poll only
   * @param options.pollers how many pollers a mapping has: they scatter waiting messages over that many batches
   */
  constructor(options: {
    clock: Clock;
    aws: Aws;
    env: Environment;
    sqs: Sqs;
    functions: (nameOrArn: string) => MappedFunction;
    iam?: Authorizer;
    pollers?: number;
  }) {
    const { clock, aws, env, sqs, functions, iam, pollers = firstPollers } = options;
    const mappings = this.#mappings;
    this.resourceTypes = [
      {
        type: 'AWS::Lambda::EventSourceMapping',
        properties: propertyNames(MappingSchema.pipe[0]),
        create(logicalId, properties) {
          const read = readProperties(this.type, logicalId, MappingSchema, properties);
          const target = functions(read.FunctionName);
          const queue = sqs.byArn(read.EventSourceArn);
          if (queue.settings.visibilityTimeout < target.timeoutSeconds) {
            throw new AwsError(
              'InvalidParameterValueException',
              `Invalid request provided: Queue visibility timeout: ${queue.settings.visibilityTimeout} seconds is less than Function timeout: ${target.timeoutSeconds} seconds`,
            );
          }
          needPollingRights(iam, target, queue);
          const id = randomUUID();
          const arn = `arn:${env.partition}:lambda:${env.region}:${env.account}:event-source-mapping:${id}`;
          const mapping = new Mapping({
            arn,
            clock,
            aws,
            env,
            queue,
            target,
            batchSize: read.BatchSize,
            windowMs: read.MaximumBatchingWindowInSeconds * 1000,
            partial: read.FunctionResponseTypes.length > 0,
            pollers: Math.min(pollers, read.ScalingConfig?.MaximumConcurrency ?? pollers),
          });
          mappings.push(mapping);
          if (read.Enabled) mapping.start();
          return { ref: id, attributes: { Id: id, EventSourceMappingArn: arn } };
        },
        remove({ attributes }) {
          const at = mappings.findIndex((mapping) => mapping.arn === attributes['EventSourceMappingArn']);
          for (const mapping of at < 0 ? [] : mappings.splice(at, 1)) mapping.stop();
        },
      },
    ];
  }

  /**
   * How many receives found their queue empty until now. They are on the bill: with a maximum concurrency Lambda keeps
   * the pollers that it started with.
   */
  get emptyReceives(): number {
    return this.#mappings.reduce((sum, mapping) => sum + mapping.emptyReceives, 0);
  }

  /** Ends all polling. */
  stop(): void {
    for (const mapping of this.#mappings) mapping.stop();
  }
}

/** Lambda makes no mapping for a role that may not poll: with-sqs.html, "Configuring execution role permissions". */
function needPollingRights(iam: Authorizer | undefined, target: MappedFunction, { settings, policy }: Queue): void {
  const principal: Principal = { kind: 'role', roleArn: target.roleArn, sessionName: target.name };
  for (const action of ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']) {
    const right = { action: `sqs:${action}`, resource: settings.arn };
    const denied = iam?.deny(principal, policy === undefined ? right : { ...right, resourcePolicy: policy });
    if (denied === undefined) continue;
    throw new AwsError(
      'InvalidParameterValueException',
      `The function execution role does not have permissions to call ${action} on SQS`,
    );
  }
}

interface MappingOptions {
  readonly arn: string;
  readonly clock: Clock;
  readonly aws: Aws;
  readonly env: Environment;
  readonly queue: Queue;
  readonly target: MappedFunction;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly partial: boolean;
  readonly pollers: number;
}

/** One mapping: some pollers, idle while the queue is empty. */
class Mapping {
  readonly #options: MappingOptions;
  readonly #asRole: Principal;
  /** Pollers that wait for messages, and since when; the longest wait first. Each wakes once. */
  readonly #waiting = new Map<() => void, number>();
  /** How long pollers waited, those left out that wait now, in milliseconds. */
  #waitedMs = 0;
  #gathering = 0;
  #unwatch: (() => void) | undefined;
  #stopped = false;

  constructor(options: MappingOptions) {
    this.#options = options;
    this.#asRole = { kind: 'role', roleArn: options.target.roleArn, sessionName: options.target.name };
  }

  get arn(): string {
    return this.#options.arn;
  }

  start(): void {
    this.#unwatch = this.#options.queue.watch(() => this.#waiting.keys().next().value?.());
    this.#gathering = this.#options.pollers;
    for (let poller = 0; poller < this.#options.pollers; poller++) void this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
    for (const wake of [...this.#waiting.keys()]) wake();
  }

  get emptyReceives(): number {
    const now = this.#options.clock.now();
    const waitedMs = [...this.#waiting.values()].reduce((sum, since) => sum + now - since, this.#waitedMs);
    return Math.floor((waitedMs / longPollMs) * (firstPollers / this.#options.pollers));
  }

  /** Resolves when messages become visible, or at `deadline` (milliseconds since the epoch) if one is given. */
  #messages(deadline?: number): Promise<void> {
    return new Promise((resolve) => {
      const began = this.#options.clock.now();
      const wake = () => {
        if (!this.#waiting.delete(wake)) return;
        this.#waitedMs += this.#options.clock.now() - began;
        timer?.cancel();
        resolve();
      };
      const timer =
        deadline === undefined ? undefined : this.#options.clock.after(deadline - this.#options.clock.now(), wake);
      this.#waiting.set(wake, began);
    });
  }

  async #poll(): Promise<void> {
    while (!this.#stopped) {
      const batch = await this.#gather();
      this.#gathering--;
      if (batch.length > 0) await this.#process(batch);
      this.#gathering++;
    }
  }

  /**
   * A batch closes when it is full, when its window ends, or at 6 MB; the window opens with the first message. Lambda
   * looks at its window between two receives only, and a receive of a queue with little traffic takes up to 20 seconds:
   * with-sqs.html, "This is true even if you set a batch window lower than 20 seconds".
   */
  async #gather(): Promise<readonly Message[]> {
    const { clock, queue, batchSize, windowMs } = this.#options;
    const batch: Message[] = [];
    let bytes = 0;
    let opened: number | undefined;
    while (!this.#stopped) {
      const received = queue.visible > 0 ? await this.#receive(batchSize - batch.length) : [];
      batch.push(...received);
      bytes += received.reduce((sum, message) => sum + Buffer.byteLength(message.Body ?? ''), 0);
      if (batch.length > 0) opened ??= clock.now();
      const closes = opened === undefined ? undefined : opened + windowMs;
      // A further receive could bring ten messages of 1 MiB; what is at hand must leave room for none of them to be
      // lost.
      if (batch.length >= batchSize || bytes >= largestBatch || (closes !== undefined && clock.now() >= closes)) break;
      if (queue.visible === 0) await this.#messages(closes && Math.max(closes, (opened ?? 0) + longPollMs));
    }
    return batch;
  }

  async #receive(room: number): Promise<readonly Message[]> {
    const { aws, queue } = this.#options;
    // Each poller sees some of the queue's servers, so waiting messages scatter over the pollers.
    const share = Math.ceil(queue.visible / this.#gathering);
    try {
      const output = v.parse(
        v.object({ Messages: v.optional(v.array(v.custom<Message>((value) => typeof value === 'object')), []) }),
        await aws.call(this.#asRole, 'sqs', 'ReceiveMessage', {
          QueueUrl: queue.settings.url,
          MaxNumberOfMessages: Math.max(1, Math.min(10, room, share)),
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      return output.Messages;
    } catch (error) {
      return await this.#backOff(error);
    }
  }

  async #process(batch: readonly Message[]): Promise<void> {
    const { aws, arn, queue, target, env, partial } = this.#options;
    const records = batch.map((message) => sqsRecord(message, queue.settings.arn, env.region));
    const principal: Principal = { kind: 'service', service: 'lambda.amazonaws.com', sourceArn: arn };
    let answer: unknown;
    try {
      answer = await this.#whenThereIsRoom(() =>
        aws.call(principal, 'lambda', 'Invoke', {
          FunctionName: target.arn,
          InvocationType: 'RequestResponse',
          Payload: Buffer.from(JSON.stringify({ Records: records })),
        }),
      );
    } catch (error) {
      // The messages come back when their visibility ends.
      await this.#backOff(error);
      return;
    }
    if (answer === undefined) return;
    const handled = handledMessages(batch, answer, partial);
    for (let at = 0; at < handled.length; at += 10) {
      const Entries = handled.slice(at, at + 10).map((message, index) => ({
        Id: String(index),
        ReceiptHandle: message.ReceiptHandle,
      }));
      try {
        await aws.call(this.#asRole, 'sqs', 'DeleteMessageBatch', { QueueUrl: queue.settings.url, Entries });
      } catch (error) {
        await this.#backOff(error);
      }
    }
  }

  /**
   * A throttled invocation is tried again until the messages' visibility ends, and then dropped:
   * services-sqs-errorhandling.html, "Backoff strategy for failed invocations". How long the pauses are is not said
   * there.
   *
   * @returns undefined if it was dropped
   */
  async #whenThereIsRoom(invoke: () => Promise<unknown>): Promise<unknown> {
    const { clock, queue } = this.#options;
    const until = clock.now() + queue.settings.visibilityTimeout * 1000;
    for (let pauseMs = 1000; ; pauseMs = Math.min(2 * pauseMs, 30_000)) {
      try {
        return await invoke();
      } catch (error) {
        if (!(error instanceof AwsError) || error.code !== 'TooManyRequestsException') throw error;
        if (this.#stopped || clock.now() + pauseMs >= until) return undefined;
        await clock.sleep(pauseMs);
      }
    }
  }

  /** After an error of the service a poller pauses, so that one that lasts does not spin. */
  async #backOff(error: unknown): Promise<readonly never[]> {
    if (!(error instanceof AwsError)) throw error;
    await this.#options.clock.sleep(1000);
    return [];
  }
}

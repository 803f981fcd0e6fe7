import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Environment, FunctionName } from '../domain/function-settings.ts';
import { AirlockFunction, type AirlockFunctionProps } from './airlock-function.ts';
import { WorkQueue } from './work-queue.ts';

/** The properties of a queue with its consumer. */
export interface QueueFunctionProps<Name extends FunctionName> extends Omit<AirlockFunctionProps<Name>, 'environment'> {
  /** Without the queue's own URL, which the construct adds. */
  readonly environment: Omit<Environment<Name>, 'QUEUE'>;
  /** How often a message may be received before it becomes a dead letter, 1 to 1,000. */
  readonly maxReceiveCount: number;
  /** Names of roles, with their paths, that may move dead letters back. */
  readonly operators: readonly string[];
}

/**
 * The largest batch without a batching window. With a window, Lambda may hold a single message for 20 seconds. The
 * functions fetch further waiting messages themselves.
 */
const batchSize = 10;

/** The minimum that Lambda accepts. Messages that arrive meanwhile wait in the queue and make larger batches. */
const maxConcurrency = 2;

/** A queue with its consumer: a function that receives the queue's messages in batches and may defer each of them. */
export class QueueFunction<Name extends FunctionName = FunctionName> extends AirlockFunction<Name> {
  readonly queue: WorkQueue;

  constructor(scope: Construct, id: string, { maxReceiveCount, operators, ...props }: QueueFunctionProps<Name>) {
    // The queue is in the function's scope, so its URL is added afterwards.
    super(scope, id, { ...props, environment: props.environment as Environment<Name> });
    this.queue = new WorkQueue(this, 'Queue', { consumerTimeout: props.timeout, maxReceiveCount, operators });
    this.function.addEnvironment('QUEUE', this.queue.url);
    const granted = this.queue.grantConsume(this.role);
    const mapping = new EventSourceMapping(this, 'Messages', {
      target: this.function,
      eventSourceArn: this.queue.arn,
      batchSize,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    granted.applyBefore(mapping);
  }
}

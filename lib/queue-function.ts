import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Environment, FunctionName } from '../domain/function-settings.ts';
import { AirlockFunction, type AirlockFunctionProps } from './airlock-function.ts';
import { WorkQueue } from './work-queue.ts';

/** What a queue and its consumer are made of. */
export interface QueueFunctionProps<Name extends FunctionName> extends Omit<AirlockFunctionProps<Name>, 'environment'> {
  /** The address of its own queue is added. */
  readonly environment: Omit<Environment<Name>, 'QUEUE'>;
  /** How often a message may be received before it counts as dead, 1 to 1,000. */
  readonly maxReceiveCount: number;
  /** Names of roles, with their paths, that may move dead letters back. */
  readonly operators: readonly string[];
}

/** The largest batch without a batching window: with one, Lambda may keep a message that comes alone for 20 seconds. The functions add what else waits. */
const batchSize = 10;

/** The least that Lambda takes. What comes meanwhile waits in the queue, and makes larger batches. */
const maxConcurrency = 2;

/** A queue with its consumer: a function that receives the queue's messages in batches and may defer each of them. */
export class QueueFunction<Name extends FunctionName = FunctionName> extends AirlockFunction<Name> {
  readonly queue: WorkQueue;

  constructor(scope: Construct, id: string, { maxReceiveCount, operators, ...props }: QueueFunctionProps<Name>) {
    // The queue stands in the function's scope, so its address comes a moment later.
    super(scope, id, { ...props, environment: props.environment as Environment<Name> });
    this.queue = new WorkQueue(this, 'Queue', { consumerTimeout: props.timeout, maxReceiveCount, operators });
    this.function.addEnvironment('QUEUE', this.queue.queue.queueUrl);
    const granted = this.queue.grantConsume(this.role);
    const mapping = new EventSourceMapping(this, 'Messages', {
      target: this.function,
      eventSourceArn: this.queue.queue.queueArn,
      batchSize,
      maxConcurrency,
      reportBatchItemFailures: true,
    });
    granted.applyBefore(mapping);
  }
}

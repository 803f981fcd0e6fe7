import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** What a queue of Airlock is made of. */
export interface WorkQueueProps {
  /** The time-out of the function that consumes the queue. */
  readonly consumerTimeout: Duration;
  /** How often a message may be received before it counts as dead, 1 to 1,000. */
  readonly maxReceiveCount: number;
}

/** A consumer must have time for all of its retries: AWS asks for six times the function's time-out. */
const visibilityFactor = 6;

/** A queue and its dead letters. Both take encrypted connections only. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      visibilityTimeout: Duration.seconds(props.consumerTimeout.toSeconds() * visibilityFactor),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
    });
  }
}

import { Arn, Aspects, Aws, Duration, Fn, Names, Stack } from 'aws-cdk-lib';
import type { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Effect, type Grant, type IRole, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { operatorArn } from './operators.ts';

/** What a queue of Airlock is made of. */
export interface WorkQueueProps {
  /** The time-out of the function that consumes the queue. */
  readonly consumerTimeout: Duration;
  /** How often a message may be received before it counts as dead, 1 to 1,000. */
  readonly maxReceiveCount: number;
  /** Names of roles, with their paths, that may move dead letters back. */
  readonly operators: readonly string[];
}

/** A consumer must have time for all of its retries: AWS asks for six times the function's time-out. */
const visibilityFactor = 6;

/** What takes messages out of a queue, or out of sight. A redrive needs the first two on the dead letters. */
const taking = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:PurgeQueue'];

/**
 * A queue and its dead letters. Both take encrypted connections only, and their policies deny every principal but those that are named here: a
 * right to send messages somewhere in the account is no right to send them to Airlock.
 */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly #writers: string[];
  readonly #readers: string[] = [];
  readonly #rules: string[] = [];

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    const queueName = this.#nameOfQueue();
    const queueArn = Arn.format({ service: 'sqs', resource: queueName }, Stack.of(this));
    // Whoever may make a queue could name one of these as its dead letters, and have SQS move messages here: no policy of a queue hinders that.
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      retentionPeriod: Duration.days(14),
      redriveAllowPolicy: { sourceQueues: [Queue.fromQueueArn(this, 'Source', queueArn)] },
    });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName,
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
      visibilityTimeout: Duration.seconds(props.consumerTimeout.toSeconds() * visibilityFactor),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
    });
    const operators = props.operators.map(operatorArn);
    // Who moves dead letters back sends them to the queue.
    this.#writers = [...operators];
    const close = () => {
      deny(this.queue, ['sqs:SendMessage'], { principals: this.#writers, rules: this.#rules });
      deny(this.queue, taking, { principals: this.#readers });
      deny(this.deadLetters, ['sqs:SendMessage'], { rules: this.#rules });
      deny(this.deadLetters, taking, { principals: operators });
    };
    // Who writes and reads is known once the stack is complete.
    Aspects.of(this).add({ visit: (node) => (node === this ? close() : undefined) });
  }

  /**
   * The queue's name, which its dead letters have to know before it is there. The last part is the stack's own, so that a stack which is made again
   * meets no name of a queue that was just deleted: SQS keeps that for a minute. 80 characters at most.
   */
  #nameOfQueue(): string {
    const path = this.node.path.replace(/\W/g, '').slice(-55);
    const uuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    return `${path}-${Names.uniqueId(this).slice(-8)}-${Fn.select(4, Fn.split('-', uuid))}`;
  }

  /** Sends a rule's events to the queue, and those that it does not take to the dead letters. */
  feedFrom(rule: Rule): void {
    this.#rules.push(rule.ruleArn);
    rule.addTarget(new SqsQueue(this.queue, { deadLetterQueue: this.deadLetters }));
  }

  /** Lets a role send messages. */
  grantSend(role: IRole): void {
    this.#writers.push(role.roleArn);
    this.queue.grant(role, 'sqs:SendMessage');
  }

  /** Lets a role take messages out and put them back for a time, and lets Lambda poll for it. */
  grantConsume(role: IRole): Grant {
    this.#readers.push(role.roleArn);
    const rights = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'];
    return this.queue.grant(role, ...rights);
  }
}

/** Who a queue is open to: roles, and rules for which EventBridge calls. */
interface Open {
  readonly principals?: readonly string[];
  readonly rules?: readonly string[];
}

/**
 * Denies actions on a queue to every principal that is in neither list. A session has its role's ARN as
 * `aws:PrincipalArn`, EventBridge the rule's as `aws:SourceArn`; ArnNotEquals holds for a key that a request does not have, so each
 * principal has to be in the list of its own kind.
 */
function deny(queue: Queue, actions: string[], { principals = [], rules = [] }: Open): void {
  const keys = {
    ...(principals.length > 0 ? { 'aws:PrincipalArn': principals } : {}),
    ...(rules.length > 0 ? { 'aws:SourceArn': rules } : {}),
  };
  queue.addToResourcePolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      principals: [new StarPrincipal()],
      actions,
      resources: [queue.queueArn],
      ...(Object.keys(keys).length > 0 ? { conditions: { ArnNotEquals: keys } } : {}),
    }),
  );
}

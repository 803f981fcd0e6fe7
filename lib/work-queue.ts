import { Arn, Aspects, Aws, Duration, Fn, Names, Stack } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Effect, type Grant, type IRole, PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { operatorArn } from './operators.ts';

/** The properties of an Airlock queue. */
export interface WorkQueueProps {
  /** The timeout of the function that consumes the queue. */
  readonly consumerTimeout: Duration;
  /** How often a message may be received before it becomes a dead letter, 1 to 1,000. */
  readonly maxReceiveCount: number;
  /** Names of roles, with their paths, that may move dead letters back. */
  readonly operators: readonly string[];
}

/** A consumer needs time for all of its retries: AWS recommends six times the function's timeout. */
const visibilityFactor = 6;

/** Operations that remove or hide messages. A redrive needs the first two on the dead letters. */
const taking = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:PurgeQueue'];

/**
 * A queue and its dead letters. Both accept only encrypted connections, and their policies deny every principal that is
 * not named here: a right to send messages somewhere in the account does not include sending them to Airlock.
 */
export class WorkQueue extends Construct {
  readonly url: string;
  readonly arn: string;
  readonly #queue: Queue;
  readonly deadLetters: Queue;
  readonly #writers: string[];
  readonly #readers: string[] = [];
  readonly #rules: string[] = [];

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    const queueName = this.#nameOfQueue();
    const queueArn = Arn.format({ service: 'sqs', resource: queueName }, Stack.of(this));
    // Without a redrive allow policy, anyone who may create a queue could name one of these as its dead-letter queue
    // and have SQS move messages here.
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...common,
      retentionPeriod: Duration.days(14),
      redriveAllowPolicy: { sourceQueues: [Queue.fromQueueArn(this, 'Source', queueArn)] },
    });
    this.#queue = new Queue(this, 'Queue', {
      ...common,
      queueName,
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
      visibilityTimeout: Duration.seconds(props.consumerTimeout.toSeconds() * visibilityFactor),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
    });
    this.url = this.#queue.queueUrl;
    this.arn = this.#queue.queueArn;
    const operators = props.operators.map(operatorArn);
    // A redrive sends the messages to the queue as the operator.
    this.#writers = [...operators];
    const close = () => {
      deny(this.#queue, ['sqs:SendMessage'], { principals: this.#writers, rules: this.#rules });
      deny(this.#queue, taking, { principals: this.#readers });
      deny(this.deadLetters, ['sqs:SendMessage'], { rules: this.#rules });
      deny(this.deadLetters, taking, { principals: operators });
    };
    // Writers and readers are known only once the stack is complete.
    Aspects.of(this).add({ visit: (node) => (node === this ? close() : undefined) });
  }

  /** How long the oldest message has been in the queue, in seconds. */
  metricAge(options: MetricOptions): Metric {
    return this.#queue.metricApproximateAgeOfOldestMessage(options);
  }

  /**
   * The queue's name, which its dead letters need before the queue exists. The last part comes from the stack id, so
   * that a recreated stack does not reuse the name of a just deleted queue, which SQS blocks for a minute. At most 80
   * characters.
   */
  #nameOfQueue(): string {
    const path = this.node.path.replace(/\W/g, '').slice(-55);
    const uuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    return `${path}-${Names.uniqueId(this).slice(-8)}-${Fn.select(4, Fn.split('-', uuid))}`;
  }

  /** Sends a rule's events to the queue, and undeliverable ones to the dead letters. */
  feedFrom(rule: Rule): void {
    this.#rules.push(rule.ruleArn);
    rule.addTarget(new SqsQueue(this.#queue, { deadLetterQueue: this.deadLetters }));
  }

  /** Lets a role send messages. */
  grantSend(role: IRole): void {
    this.#writers.push(role.roleArn);
    this.#queue.grant(role, 'sqs:SendMessage');
  }

  /** Lets a role receive and defer messages, and lets Lambda poll on its behalf. */
  grantConsume(role: IRole): Grant {
    this.#readers.push(role.roleArn);
    const rights = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ChangeMessageVisibility'];
    return this.#queue.grant(role, ...rights);
  }
}

/** The principals that a queue is open to: roles, and the rules for which EventBridge calls. */
interface Open {
  readonly principals?: readonly string[];
  readonly rules?: readonly string[];
}

/**
 * Denies actions on a queue to every principal that is in neither list. A session has its role's ARN as
 * `aws:PrincipalArn`, EventBridge its rule's as `aws:SourceArn`. ArnNotEquals matches a request without the key, so each
 * principal has to be in its own kind's list.
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

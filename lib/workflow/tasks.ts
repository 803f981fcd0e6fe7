import { cleanupReserveSeconds } from '../../domain/launch.ts';
import type { ClusterMessage } from '../../domain/messages.ts';
import { discarded, failureFrom, final } from './expressions.ts';
import { forRoom, noRetry, retryAll } from './retriers.ts';

/** The resources that the state machine uses. */
export interface WorkflowResources {
  readonly partition: string;
  readonly dispatchQueueUrl: string;
  readonly ledgerTable: string;
  /** The name of the bus on which the end of a run is published. */
  readonly eventBus: string;
  /** The URL of each cluster's queue, by cluster name. */
  readonly clusterQueueUrls: Readonly<Record<string, string>>;
  /** The ARN of the function that makes sure no command is running on a node. */
  readonly cancellationFunction: string;
  /** The ARN of the function that decides about failures and replaces instances. */
  readonly remediationFunction: string;
  /** The ARN of the function that signs receipts; absent if they are not signed. */
  readonly attestationFunction?: string | undefined;
}

/**
 * The seconds that are left to work on a node. A Task's timeout starts again with each retry and the state machine's
 * own cannot be caught, so each attempt gets the remaining time.
 */
export const secondsLeft = `{% $max([1, $floor(($toMillis($launch.deadline) - $millis()) / 1000) - ${cleanupReserveSeconds}]) %}`;

/** How often a cleanup call is tried that Lambda has no capacity for: for about ten minutes. */
export const untilOut = 40;

/** Timeout of one call to the function that decides and replaces, in seconds; the function itself ends after 30. */
const replaceCallSeconds = 40;

/** Draws the nonce that marks the run's messages from now on. A message that was sent earlier is ignored. */
export const drawn = { nonce: '{% $uuid() %}' };

/** Catches a step's errors as the run's failure. */
export function caught(step: string, ErrorEquals: readonly string[], Next: string): object {
  return {
    ErrorEquals,
    Assign: { failure: failureFrom(step, step === 'Replace' ? 'function' : 'answer'), ...drawn },
    Next,
  };
}

/** Catches any error of a step. */
export function catchers(step: string): readonly object[] {
  return [caught(step, discarded, 'Discard'), caught(step, ['States.ALL'], 'RecordCause')];
}

/** The key of the execution's record, as calls and messages name it. */
export const key = '{% $key %}';

/** The ARN with which a state calls a service. */
export function service({ partition }: Pick<WorkflowResources, 'partition'>, name: string): string {
  return `arn:${partition}:states:::${name}`;
}

/** Sends a message with the task token to a queue, and waits for the answer. */
export function queuedTask(resources: WorkflowResources, QueueUrl: string, message: object) {
  return {
    Type: 'Task',
    Resource: service(resources, 'sqs:sendMessage.waitForTaskToken'),
    Arguments: {
      QueueUrl,
      MessageBody: { ...message, key, nonce: '{% $nonce %}', token: '{% $states.context.Task.Token %}' },
    },
  };
}

/** Sends a task to a node's cluster, and waits for the answer. */
export function clusterTask(resources: WorkflowResources, action: ClusterMessage['action']) {
  return {
    ...queuedTask(resources, `{% $lookup(${JSON.stringify(resources.clusterQueueUrls)}, $launch.cluster) %}`, {
      action,
    }),
    TimeoutSeconds: secondsLeft,
    // Any error other than an outcome or the timeout means that the queue did not accept the message, or did not
    // confirm it.
    Retry: [noRetry(...final, 'States.Timeout'), retryAll({ intervalSeconds: 2, attempts: 8 })],
  };
}

/** Calls the function that decides about failures and replaces instances. */
export function remediationTask(resources: WorkflowResources, Payload: object) {
  return {
    Type: 'Task',
    Resource: service(resources, 'lambda:invoke'),
    Arguments: { FunctionName: resources.remediationFunction, Payload },
    TimeoutSeconds: replaceCallSeconds,
    // A terminated instance is an answer. Any other error may pass.
    Retry: [noRetry(...discarded), forRoom(untilOut), retryAll({ attempts: 4 })],
  };
}

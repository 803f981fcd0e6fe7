import { cleanupReserveSeconds } from '../../domain/launch.ts';
import type { ClusterMessage } from '../../domain/messages.ts';
import { discarded, failureFrom, final } from './expressions.ts';
import { forRoom, noRetry, retryAll } from './retriers.ts';

/** The resources that the state machine works with. */
export interface WorkflowResources {
  readonly partition: string;
  readonly dispatchQueueUrl: string;
  readonly ledgerTable: string;
  /** The name of the bus that the end of a way is told on. */
  readonly eventBus: string;
  /** The address of the queue of each cluster, by the cluster's name. */
  readonly clusterQueueUrls: Readonly<Record<string, string>>;
  /** The ARN of the function that sees to it that no command runs on a node. */
  readonly cancellationFunction: string;
  /** The ARN of the function that decides about failures and has instances replaced. */
  readonly remediationFunction: string;
}

/**
 * The seconds that are left to try something for a node. A Task's time-out starts again with each retry and the state machine's own cannot
 * be caught, so each attempt gets what remains.
 */
export const secondsLeft = `{% $max([1, $floor(($toMillis($launch.deadline) - $millis()) / 1000) - ${cleanupReserveSeconds}]) %}`;

/** How often a call is made on the way out that Lambda has no room for: for some ten minutes. */
export const untilOut = 40;

/** How long one call of the function that decides and replaces may take, in seconds; the function itself ends after 30. */
const replaceCallSeconds = 40;

/** The text that is known from then on as the run's: a message that was sent before it is not acted upon any more. */
export const drawn = { nonce: '{% $uuid() %}' };

/** Catches errors of a step as the failure of the run. */
export function caught(step: string, ErrorEquals: readonly string[], Next: string): object {
  return {
    ErrorEquals,
    Assign: { failure: failureFrom(step, step === 'Replace' ? 'function' : 'answer'), ...drawn },
    Next,
  };
}

/** Catches whatever a step fails with. */
export function catchers(step: string): readonly object[] {
  return [caught(step, discarded, 'Discard'), caught(step, ['States.ALL'], 'RecordCause')];
}

/** The row that the execution is about, as it is named in calls and messages. */
export const key = '{% $key %}';

/** The ARN by which a state calls a service. */
export function service({ partition }: Pick<WorkflowResources, 'partition'>, name: string): string {
  return `arn:${partition}:states:::${name}`;
}

/** Sends a message with the task's token to a queue, and waits for the answer. */
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

/** Has a node's cluster do something, and waits for the answer. */
export function clusterTask(resources: WorkflowResources, action: ClusterMessage['action']) {
  return {
    ...queuedTask(resources, `{% $lookup(${JSON.stringify(resources.clusterQueueUrls)}, $launch.cluster) %}`, {
      action,
    }),
    TimeoutSeconds: secondsLeft,
    // What is neither an outcome nor the time-out is that the queue did not take the message, or did not say so.
    Retry: [noRetry(...final, 'States.Timeout'), retryAll({ intervalSeconds: 2, attempts: 8 })],
  };
}

/** Calls the function that decides about failures, and replaces. */
export function remediationTask(resources: WorkflowResources, Payload: object) {
  return {
    Type: 'Task',
    Resource: service(resources, 'lambda:invoke'),
    Arguments: { FunctionName: resources.remediationFunction, Payload },
    TimeoutSeconds: replaceCallSeconds,
    // That the instance is gone is an answer; all else may be better next time.
    Retry: [noRetry(...discarded), forRoom(untilOut), retryAll({ attempts: 4 })],
  };
}

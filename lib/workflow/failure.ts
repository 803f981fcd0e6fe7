import { retryLater } from '../../domain/messages.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { discarded, expression, notReplaced, plainReceipt, withoutEnd } from './expressions.ts';
import { recordTask } from './ledger-tasks.ts';
import { forRoom, lambdaErrors, retrier } from './retriers.ts';
import { caught, clusterTask, key, remediationTask, service, untilOut, type WorkflowResources } from './tasks.ts';

/**
 * The seconds that a quarantine may take: a Node that has not joined is marked when it does, until the deadline. After it, a batch that was lost with its
 * function comes twice more; a cluster whose function never answers keeps no end from being written.
 */
const secondsToMark = '{% $max([0, $floor(($toMillis($launch.deadline) - $millis()) / 1000)]) + 400 %}';

/** How long one call of the cancellation function may take, in seconds; the function itself ends after 30. */
const cancelCallSeconds = 40;

/** From a failure to what is decided about the node, and done. */
export function failureStates(resources: WorkflowResources): object {
  const failure = '{% $string($failure) %}';
  return {
    RecordCause: {
      ...recordTask(resources, runChanges.recordCause, { failure, nonce: '{% $nonce %}' }, 'Cancel'),
      Comment:
        'Writes why the run failed into the run: who acts on a failure reads it there. Messages from before it do not count any more',
    },
    Cancel: {
      Type: 'Task',
      Comment:
        'Nothing is sent to the node any more; if a command is at work it is cancelled, and nothing else touches the node before its end',
      Resource: service(resources, 'lambda:invoke'),
      Arguments: { FunctionName: resources.cancellationFunction, Payload: { key } },
      TimeoutSeconds: cancelCallSeconds,
      Retry: [
        retrier({ errors: [retryLater], attempts: 2, longestSeconds: 2 }),
        forRoom(untilOut),
        retrier({ errors: lambdaErrors, attempts: 6 }),
      ],
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { failure: withoutEnd }, Next: 'AmendCause' }],
      Next: 'DecideDisposition',
    },
    AmendCause: recordTask(resources, runChanges.amendCause, { failure }, 'DecideDisposition'),
    DecideDisposition: {
      ...remediationTask(resources, { action: 'decide', key }),
      Comment: 'Counts the failure for the breaker, and decides what becomes of the node',
      // If no one can judge, nothing is done that could launch another.
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { disposition: 'hold' }, Next: 'Quarantine' }],
      Assign: {
        disposition: '{% $states.result.Payload.disposition %}',
        failure: '{% $states.result.Payload.failure %}',
      },
      Next: 'CheckDisposition',
    },
    CheckDisposition: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $disposition = "discard" %}', Next: 'Discard' }],
      Default: 'Quarantine',
    },
    Quarantine: {
      ...clusterTask(resources, 'quarantine'),
      TimeoutSeconds: secondsToMark,
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { receipt: plainReceipt }, Next: 'CheckMark' }],
      Assign: { receipt: '{% $states.result %}' },
      Next: 'CheckMark',
    },
    CheckMark: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $disposition = "replace" and $exists($receipt.gate) %}', Next: 'RecordMark' }],
      Assign: { ending: '{% $disposition = "hold" ? "held" : "quarantined" %}' },
      Default: 'RecordFailure',
    },
    RecordMark: {
      ...recordTask(resources, runChanges.recordMark, { mark: '{% $string($receipt) %}' }, 'Replace'),
      Comment: 'Writes what the cluster said of the Node into the run: an instance is ended on that alone',
    },
    Replace: {
      ...remediationTask(resources, { action: 'replace', key }),
      Catch: [
        caught('Replace', discarded, 'Discard'),
        {
          ErrorEquals: ['States.ALL'],
          Assign: { ending: 'quarantined', receipt: expression(notReplaced('$states.errorOutput.Error')) },
          Next: 'RecordFailure',
        },
      ],
      Assign: {
        ending: '{% $states.result.Payload.replaced ? "replaced" : "quarantined" %}',
        receipt: expression(
          `$states.result.Payload.replaced ? $receipt : ${notReplaced('$states.result.Payload.because')}`,
        ),
      },
      Next: 'RecordFailure',
    },
  };
}

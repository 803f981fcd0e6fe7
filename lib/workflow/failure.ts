import { runChanges } from '../../domain/run-changes.ts';
import { discarded, expression, notReplaced, plainReceipt, stillRunning, withoutEnd } from './expressions.ts';
import { recordTask } from './ledger-tasks.ts';
import { forRoom, lambdaErrors, retrier } from './retriers.ts';
import { caught, clusterTask, key, remediationTask, service, untilOut, type WorkflowResources } from './tasks.ts';

/**
 * How long a quarantine may take, in seconds. A Node that has not joined is marked when it joins, until the deadline.
 * After that, a batch that was lost with its function is delivered twice more. A cluster whose function never answers
 * does not keep the end from being recorded.
 */
const secondsToMark = '{% $max([0, $floor(($toMillis($launch.deadline) - $millis()) / 1000)]) + 400 %}';

/** How long one call of the cancellation function may take, in seconds; the function itself ends after 30. */
const cancelCallSeconds = 40;

/** How often the cancellation function is called while a command has not ended. Each call waits for 20 seconds. */
const cancelCalls = 3;

/** From a failure to the decision about the node, and its execution. */
export function failureStates(resources: WorkflowResources): object {
  const failure = '{% $string($failure) %}';
  return {
    RecordCause: {
      ...recordTask(resources, runChanges.recordCause, { failure, nonce: '{% $nonce %}' }, 'Cancel'),
      Comment:
        'Records in the ledger why the run failed, for the functions that act on a failure. Earlier messages no longer count',
      Assign: { cancelCalls: 0 },
    },
    Cancel: {
      Type: 'Task',
      Comment:
        'Stops sending to the node. A running command is cancelled, and nothing else touches the node before the command has ended',
      Resource: service(resources, 'lambda:invoke'),
      Arguments: { FunctionName: resources.cancellationFunction, Payload: { key } },
      TimeoutSeconds: cancelCallSeconds,
      Retry: [forRoom(untilOut), retrier({ errors: lambdaErrors, attempts: 6 })],
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { failure: withoutEnd }, Next: 'AmendCause' }],
      Assign: { cancelled: '{% $states.result.Payload %}', cancelCalls: '{% $cancelCalls + 1 %}' },
      Next: 'CheckCancelled',
    },
    CheckCancelled: {
      Type: 'Choice',
      Choices: [
        { Condition: '{% $cancelled.ended %}', Next: 'DecideDisposition' },
        { Condition: `{% $cancelCalls < ${cancelCalls} %}`, Next: 'Cancel' },
      ],
      Assign: { failure: stillRunning },
      Default: 'AmendCause',
    },
    AmendCause: recordTask(resources, runChanges.amendCause, { failure }, 'DecideDisposition'),
    DecideDisposition: {
      ...remediationTask(resources, { action: 'decide', key }),
      Comment: 'Counts the failure for the breaker, and decides what happens to the node',
      // Without a decision, nothing is done that could launch another instance.
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
      Assign: { ending: '{% $disposition = "hold" ? "held" : "quarantined" %}', how: 'none' },
      Default: 'RecordFailure',
    },
    RecordMark: {
      ...recordTask(resources, runChanges.recordMark, { mark: '{% $string($receipt) %}' }, 'Replace'),
      Comment: 'Records in the ledger what the cluster reports about the Node: an instance is terminated only on that',
    },
    Replace: {
      ...remediationTask(resources, { action: 'replace', key }),
      Catch: [
        caught('Replace', discarded, 'Discard'),
        {
          ErrorEquals: ['States.ALL'],
          Assign: { ending: 'quarantined', how: 'none', receipt: expression(notReplaced('$states.errorOutput.Error')) },
          Next: 'RecordFailure',
        },
      ],
      Assign: {
        ending: '{% $states.result.Payload.replaced ? "replaced" : "quarantined" %}',
        how: '{% $states.result.Payload.replaced ? $states.result.Payload.how : "none" %}',
        receipt: expression(
          `$states.result.Payload.replaced ? $receipt : ${notReplaced('$states.result.Payload.because')}`,
        ),
      },
      Next: 'RecordFailure',
    },
  };
}

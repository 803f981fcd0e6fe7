import { notAdmitted } from '../../domain/messages.ts';
import { stranded } from '../../domain/receipt.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { attemptNumber, final, hasEnd, isRefused, isRelaunched, isStranded } from './expressions.ts';
import { beginRun, inputKey, inputRunKey, recordTask, untilWritten } from './ledger-tasks.ts';
import { noRetry, outcomeRetriers, retryAll } from './retriers.ts';
import { catchers, clusterTask, drawn, queuedTask, secondsLeft, service, type WorkflowResources } from './tasks.ts';

/** From the input to a proven installation, or to the reason why there is none. */
export function installStates(resources: WorkflowResources): object {
  return {
    BeginRun: {
      ...beginRun(resources, runChanges.begin, 'ReadRun'),
      Comment:
        'Reads launch and request from the record that names this execution, and draws the nonce that marks its messages',
    },
    ReadRun: {
      Type: 'Task',
      Comment: 'This execution has nothing to install; the record shows why',
      Resource: service(resources, 'dynamodb:getItem'),
      Arguments: { TableName: resources.ledgerTable, Key: inputRunKey, ConsistentRead: true },
      Retry: [retryAll({ attempts: untilWritten })],
      Assign: {
        key: inputKey,
        run: '{% $exists($states.result.Item) ? $states.result.Item : {} %}',
      },
      Next: 'ClassifyRun',
    },
    ClassifyRun: {
      Type: 'Choice',
      Choices: [
        { Condition: hasEnd, Next: 'EndedElsewhere' },
        {
          Condition: isRefused,
          Assign: {
            launch: '{% $parse($run.launch.S) %}',
            request: null,
            failure: '{% $parse($run.refused.S) %}',
            ...drawn,
          },
          Next: 'RecordCause',
        },
        {
          Condition: isStranded,
          Assign: {
            launch: '{% $parse($run.launch.S) %}',
            request: '{% $exists($run.request) ? $parse($run.request.S) : null %}',
            failure: stranded,
            ...drawn,
          },
          Next: 'RecordCause',
        },
        {
          Condition: isRelaunched,
          Assign: { launch: '{% $parse($run.launch.S) %}', request: '{% $parse($run.request.S) %}', ...drawn },
          Next: 'RecordNonce',
        },
      ],
      Default: 'NotAdmitted',
    },
    NotAdmitted: {
      Type: 'Fail',
      Error: notAdmitted,
      Cause: 'No launch in the ledger names this execution. Nothing was done, and no node was touched.',
    },
    RecordNonce: {
      ...recordTask(resources, runChanges.recordNonce, { nonce: '{% $nonce %}' }, 'Close'),
      Comment: 'Records the nonce that marks the message of the next state',
    },
    Close: {
      ...clusterTask(resources, 'close'),
      Comment: 'Revokes what an earlier launch of the instance was given, before anything else is done',
      Catch: catchers('Close'),
      Next: 'BeginRelaunched',
    },
    BeginRelaunched: {
      ...beginRun(resources, runChanges.beginRelaunched, 'ReadRun'),
      Comment: 'Begins the run as BeginRun does, once the Node is closed',
    },
    Install: {
      ...queuedTask(resources, resources.dispatchQueueUrl, { attempt: attemptNumber }),
      Comment: 'Waits in the queue until dispatch sends the command and results answers the token',
      TimeoutSeconds: secondsLeft,
      // Any error other than an outcome or the timeout means that the queue did not accept the message, or did not
      // confirm it.
      Retry: [...outcomeRetriers(), noRetry(...final, 'States.Timeout'), retryAll({ intervalSeconds: 2, attempts: 8 })],
      // An outcome also outdates the messages of earlier attempts: one whose sending failed may be in the queue all the
      // same.
      Catch: catchers('Install'),
      Next: 'Release',
    },
  };
}

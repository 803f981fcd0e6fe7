import { type DetailType, source } from '../../domain/events.ts';
import type { Ending } from '../../domain/ledger.ts';
import { type ClusterMessage, notAdmitted, notYet } from '../../domain/messages.ts';
import { wayOutSeconds } from '../../domain/node.ts';
import { stranded } from '../../domain/receipt.ts';
import {
  attemptNumber,
  breakerPartition,
  breakerSortKey,
  expression,
  failureFrom,
  failureType,
  final,
  forgotten,
  hasEnd,
  isRefused,
  isRelaunched,
  isStranded,
  notReplaced,
  plainReceipt,
  typed,
  unlessReleased,
  withoutEnd,
} from './expressions.ts';
import { forRoom, lambdaErrors, outcomeRetriers, retrier } from './retriers.ts';

/** The resources that the state machine works with. */
export interface Ways {
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
 * The seconds that are left to try something for a node. A Task's time-out starts anew with each retry and the state machine's own cannot
 * be caught, so each attempt gets what remains.
 */
const secondsLeft = `{% $max([1, $floor(($toMillis($node.deadline) - $millis()) / 1000) - ${wayOutSeconds}]) %}`;

/**
 * The seconds that a quarantine may take: a Node that has not joined is marked when it does, until the deadline. After it, a batch that was lost with its
 * function comes twice more; a cluster whose function never answers keeps no end from being written.
 */
const secondsToMark = '{% $max([0, $floor(($toMillis($node.deadline) - $millis()) / 1000)]) + 400 %}';

/**
 * How often an end is written and told: with their pauses these take some four minutes, and a service that fails for two of them would else leave
 * a node whose end nobody hears of.
 */
const untilWritten = 20;

/** How often a call is made on the way out that Lambda has no room for: for some ten minutes. */
const untilOut = 40;

/** How long one call of the cancellation function may take, in seconds; the function itself ends after 30. */
const haltCallSeconds = 40;

/** How long one call of the function that decides and replaces may take, in seconds; the function itself ends after 30. */
const replaceCallSeconds = 40;

/** How long a breaker's row is kept after its last change, in seconds. */
const breakerKeptSeconds = 90 * 24 * 3_600;

/** The text that is known from then on as the run's: a message that was sent before it is not acted upon any more. */
const drawn = { nonce: '{% $uuid() %}' };

const caught = (step: string, ErrorEquals: readonly string[], Next: string) => ({
  ErrorEquals,
  Assign: { failure: failureFrom(step, step === 'Replace' ? 'function' : 'answer'), ...drawn },
  Next,
});
const catchers = (step: string) => [caught(step, forgotten, 'Forget'), caught(step, ['States.ALL'], 'NoteFailure')];

/** The row that the execution is about, as it is named in calls and messages. */
const key = '{% $key %}';

/** What holds for the row of a run that has something to install. */
const isOwnRow = 'execution = :me AND attribute_not_exists(refused) AND attribute_not_exists(outcome)';

/** The key of that row in DynamoDB's own form. */
const rowKey = { instanceId: { S: '{% $key.instanceId %}' }, launchedAt: { S: '{% $key.launchedAt %}' } };

/** The input as the key of a row, which it may be none: a run's row has the id of an instance, and the role may write no other. */
const inputKey = {
  instanceId: expression(`(
    $id := $string($states.context.Execution.Input.instanceId);
    $contains($id, /^i-[0-9a-f]+$/) ? $id : $error("the input names no instance")
  )`),
  launchedAt: '{% $string($states.context.Execution.Input.launchedAt) %}',
};
const inputRowKey = { instanceId: { S: inputKey.instanceId }, launchedAt: { S: inputKey.launchedAt } };

/**
 * The way of one node as a state machine in JSONata: a released node passes seven states, eight with a launch hook. The input names a row of the
 * ledger; what is done, and whether anything is, the row says.
 */
export function wayDefinition(ways: Ways): object {
  const service = (name: string) => `arn:${ways.partition}:states:::${name}`;
  const queued = (QueueUrl: string, message: object) => ({
    Type: 'Task',
    Resource: service('sqs:sendMessage.waitForTaskToken'),
    Arguments: {
      QueueUrl,
      MessageBody: { ...message, key, nonce: '{% $nonce %}', token: '{% $states.context.Task.Token %}' },
    },
  });
  const clusterTask = (action: ClusterMessage['action']) => ({
    ...queued(`{% $lookup(${JSON.stringify(ways.clusterQueueUrls)}, $node.cluster) %}`, { action }),
    TimeoutSeconds: secondsLeft,
    // What is neither an outcome nor the time-out is that the queue did not take the message, or did not say so.
    Retry: [retrier([...final, 'States.Timeout'], 1, 0), retrier(['States.ALL'], 2, 8)],
  });
  const replaceCall = (payload: object | string) => ({
    Type: 'Task',
    Resource: service('lambda:invoke'),
    Arguments: { FunctionName: ways.remediationFunction, Payload: payload },
    TimeoutSeconds: replaceCallSeconds,
    // That the instance is gone is an answer; all else may be better next time.
    Retry: [retrier(forgotten, 1, 0), forRoom(untilOut), retrier(['States.ALL'], 1, 4)],
  });
  const record = (ending: string, Next: string) => ({
    Type: 'Task',
    Comment: 'Writes the end into the ledger; where somebody else has written one, that one counts',
    Resource: service('dynamodb:updateItem'),
    Arguments: {
      TableName: ways.ledgerTable,
      Key: rowKey,
      ConditionExpression: 'attribute_not_exists(outcome) OR endedBy = :me',
      UpdateExpression:
        'SET outcome = :outcome, ending = :ending, endedAt = :endedAt, endedBy = :me, receipt = :receipt',
      ExpressionAttributeValues: {
        ':me': { S: '{% $states.context.Execution.Id %}' },
        ':ending': { S: ending },
        ':outcome': { S: '{% $receipt.outcome %}' },
        ':endedAt': { S: '{% $receipt.endedAt %}' },
        ':receipt': { S: '{% $string($receipt) %}' },
      },
    },
    Retry: [retrier(['DynamoDB.ConditionalCheckFailedException'], 1, 0), retrier(['States.ALL'], 1, untilWritten)],
    Catch: [{ ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], Next: 'EndedElsewhere' }],
    Next,
  });
  const told = `"EventBusName": "${ways.eventBus}", "Source": "${source}"`;
  /** Writes fields into the row: an expression each. */
  const note = (fields: Readonly<Record<string, string>>, Next: string) => ({
    Type: 'Task',
    Resource: service('dynamodb:updateItem'),
    Arguments: {
      TableName: ways.ledgerTable,
      Key: rowKey,
      ConditionExpression: 'attribute_not_exists(outcome)',
      UpdateExpression: `SET ${Object.keys(fields)
        .map((field) => `#${field} = :${field}`)
        .join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(Object.keys(fields).map((field) => [`#${field}`, field])),
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(fields).map(([field, value]) => [`:${field}`, { S: `{% ${value} %}` }]),
      ),
    },
    Retry: [retrier(['DynamoDB.ConditionalCheckFailedException'], 1, 0), retrier(['States.ALL'], 1, untilWritten)],
    Catch: [{ ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], Next: 'EndedElsewhere' }],
    Next,
  });
  const begin = (condition: string, otherwise: string) => ({
    Type: 'Task',
    Resource: service('dynamodb:updateItem'),
    Arguments: {
      TableName: ways.ledgerTable,
      Key: inputRowKey,
      ConditionExpression: condition,
      UpdateExpression: 'SET begunAt = :at, nonce = :nonce',
      ExpressionAttributeValues: {
        ':me': { S: '{% $states.context.Execution.Name %}' },
        ':at': { S: '{% $now() %}' },
        ':nonce': { S: '{% $uuid() %}' },
      },
      ReturnValues: 'ALL_NEW',
    },
    Retry: [
      retrier(['DynamoDB.ConditionalCheckFailedException', 'States.QueryEvaluationError'], 1, 0),
      retrier(['States.ALL'], 1, untilWritten),
    ],
    Catch: [
      { ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], Next: otherwise },
      { ErrorEquals: ['States.QueryEvaluationError'], Next: 'NotAdmitted' },
    ],
    Assign: {
      key: inputKey,
      node: '{% $parse($states.result.Attributes.node.S) %}',
      request: '{% $parse($states.result.Attributes.request.S) %}',
      nonce: '{% $states.result.Attributes.nonce.S %}',
    },
    Next: 'Install',
  });
  const announce = (entries: unknown, after: { Next: string } | { End: true }) => ({
    Type: 'Task',
    Comment: 'Tells the bus, and so the audit trail',
    Resource: service('events:putEvents'),
    Arguments: { Entries: entries },
    Retry: [retrier(['States.ALL'], 1, untilWritten)],
    Output: '{% $receipt %}',
    ...after,
  });
  return {
    Comment: 'The way of one node through the airlock',
    QueryLanguage: 'JSONata',
    StartAt: 'Admitted',
    States: {
      Admitted: {
        ...begin(`${isOwnRow} AND attribute_not_exists(relaunched)`, 'Reread'),
        Comment:
          'Takes node and request out of the row of which this is the execution, and draws the text by which its messages are known',
      },
      Reread: {
        Type: 'Task',
        Comment: 'There is nothing to install for this execution: the row says why',
        Resource: service('dynamodb:getItem'),
        Arguments: { TableName: ways.ledgerTable, Key: inputRowKey, ConsistentRead: true },
        Retry: [retrier(['States.ALL'], 1, untilWritten)],
        Assign: {
          key: inputKey,
          row: '{% $exists($states.result.Item) ? $states.result.Item : {} %}',
        },
        Next: 'Recognized',
      },
      Recognized: {
        Type: 'Choice',
        Choices: [
          { Condition: hasEnd, Next: 'EndedElsewhere' },
          {
            Condition: isRefused,
            Assign: {
              node: '{% $parse($row.node.S) %}',
              request: null,
              failure: '{% $parse($row.refused.S) %}',
              ...drawn,
            },
            Next: 'NoteFailure',
          },
          {
            Condition: isStranded,
            Assign: {
              node: '{% $parse($row.node.S) %}',
              request: '{% $exists($row.request) ? $parse($row.request.S) : null %}',
              failure: stranded,
              ...drawn,
            },
            Next: 'NoteFailure',
          },
          {
            Condition: isRelaunched,
            Assign: { node: '{% $parse($row.node.S) %}', request: '{% $parse($row.request.S) %}', ...drawn },
            Next: 'NoteNonce',
          },
        ],
        Default: 'NotAdmitted',
      },
      NotAdmitted: {
        Type: 'Fail',
        Error: notAdmitted,
        Cause:
          'The ledger has no launch for which this execution was started. Nothing was done, and no node was touched.',
      },
      Install: {
        ...queued(ways.dispatchQueueUrl, { attempt: attemptNumber }),
        Comment: 'Waits in the queue until dispatch sends the command and settle answers the token',
        TimeoutSeconds: secondsLeft,
        // What is neither an outcome nor the time-out is that the queue did not take the message, or did not say so.
        Retry: [...outcomeRetriers(), retrier([...final, 'States.Timeout'], 1, 0), retrier(['States.ALL'], 2, 8)],
        // An outcome, too, leaves the messages of earlier attempts: one whose sending failed may lie in the queue all the same.
        Catch: catchers('Install'),
        Next: 'Release',
      },
      NoteFailure: {
        ...note({ failure: '$string($failure)', nonce: '$nonce' }, 'Halt'),
        Comment:
          'Writes why the run failed into the row: who acts on a failure reads it there. Messages from before it do not count any more',
      },
      Halt: {
        Type: 'Task',
        Comment:
          'Nothing is sent to the node any more; where a command is at work it is cancelled, and nothing else touches the node before its end',
        Resource: service('lambda:invoke'),
        Arguments: { FunctionName: ways.cancellationFunction, Payload: { key } },
        TimeoutSeconds: haltCallSeconds,
        Retry: [{ ...retrier([notYet], 1, 2), MaxDelaySeconds: 2 }, forRoom(untilOut), retrier(lambdaErrors, 1, 6)],
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { failure: withoutEnd }, Next: 'NoteUnended' }],
        Next: 'Judge',
      },
      NoteUnended: note({ failure: '$string($failure)' }, 'Judge'),
      Release: {
        ...clusterTask('release'),
        Comment: 'Waits in the queue of the cluster until its function has lifted the gate, or says why not',
        Catch: catchers('Release'),
        Assign: { receipt: '{% $states.result %}' },
        Next: 'Record',
      },
      Record: record('released' satisfies Ending, 'Passed'),
      Passed: {
        Type: 'Task',
        Comment: 'Counts the success, which closes the breaker where it is open',
        Resource: service('dynamodb:updateItem'),
        Arguments: {
          TableName: ways.ledgerTable,
          Key: { instanceId: { S: breakerPartition }, launchedAt: { S: breakerSortKey } },
          UpdateExpression:
            'SET #state = :closed, #cluster = :cluster, #pool = :pool, #release = :release, expiresAt = :expires REMOVE probe, probeUntil ADD passed :one',
          ExpressionAttributeNames: {
            '#state': 'state',
            '#cluster': 'cluster',
            '#pool': 'pool',
            '#release': 'release',
          },
          ExpressionAttributeValues: {
            ':closed': { S: 'closed' },
            ':cluster': { S: '{% $node.cluster %}' },
            ':pool': { S: '{% $node.pool %}' },
            ':release': { S: '{% $request.runtime & "@" & $request.release %}' },
            ':expires': { N: `{% $string($floor($millis() / 1000) + ${breakerKeptSeconds}) %}` },
            ':one': { N: '1' },
          },
          ReturnValues: 'UPDATED_OLD',
        },
        Retry: [retrier(['States.ALL'], 1, 4)],
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { closed: false }, Next: 'Hooked' }],
        Assign: { closed: '{% $states.result.Attributes.state.S = "open" %}' },
        Next: 'Hooked',
      },
      Hooked: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $exists($node.hook) %}', Next: 'IntoService' }],
        Default: 'Announce',
      },
      IntoService: {
        ...replaceCall({ action: 'keep', key }),
        Comment: 'Answers the launch hook with CONTINUE',
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Announce' }],
        Next: 'Announce',
      },
      Announce: announce(
        expression(`$append(
          [{${told}, "DetailType": ${unlessReleased(typed('Node Released'), 'Node Reproven')}, "Detail": $receipt}],
          $closed ? [{${told}, "DetailType": "${'Breaker Closed' satisfies DetailType}", "Detail": {
            "cluster": $node.cluster, "pool": $node.pool, "release": $request.runtime & "@" & $request.release,
            "by": "a release", "at": $receipt.endedAt
          }}] : []
        )`),
        { End: true },
      ),
      Judge: {
        ...replaceCall({ action: 'judge', key }),
        Comment: 'Counts the failure for the breaker, and decides what becomes of the node',
        // Where nobody can judge, nothing is done that could launch another.
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { verdict: 'hold' }, Next: 'Quarantine' }],
        Assign: { verdict: '{% $states.result.Payload.verdict %}', failure: '{% $states.result.Payload.failure %}' },
        Next: 'Judged',
      },
      Judged: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $verdict = "forget" %}', Next: 'Forget' }],
        Default: 'Quarantine',
      },
      Quarantine: {
        ...clusterTask('quarantine'),
        TimeoutSeconds: secondsToMark,
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { receipt: plainReceipt }, Next: 'Marked' }],
        Assign: { receipt: '{% $states.result %}' },
        Next: 'Marked',
      },
      Marked: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $verdict = "replace" and $exists($receipt.gate) %}', Next: 'NoteMark' }],
        Assign: { ending: '{% $verdict = "hold" ? "held" : "quarantined" %}' },
        Default: 'RecordFailure',
      },
      NoteMark: {
        ...note({ mark: '$string($receipt)' }, 'Replace'),
        Comment: 'Writes what the cluster said of the Node into the row: an instance is ended on that alone',
      },
      Replace: {
        ...replaceCall({ action: 'replace', key }),
        Catch: [
          caught('Replace', forgotten, 'Forget'),
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
      RecordFailure: record('{% $ending %}', 'Kept'),
      Kept: {
        Type: 'Choice',
        Comment: 'An instance that stays comes into service behind its gate, or the end of the heartbeat would take it',
        Choices: [{ Condition: '{% $exists($node.hook) and $ending != "replaced" %}', Next: 'KeepInService' }],
        Default: 'AnnounceFailure',
      },
      KeepInService: {
        ...replaceCall({ action: 'keep', key }),
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'AnnounceFailure' }],
        Next: 'AnnounceFailure',
      },
      AnnounceFailure: announce(
        [{ EventBusName: ways.eventBus, Source: source, DetailType: failureType, Detail: '{% $receipt %}' }],
        {
          Next: 'Failed',
        },
      ),
      Failed: { Type: 'Fail', Error: '{% $receipt.outcome %}', Cause: '{% $receipt.detail %}' },
      Forget: { Type: 'Pass', Assign: { receipt: plainReceipt }, Next: 'RecordForgotten' },
      RecordForgotten: record('forgotten' satisfies Ending, 'AnnounceForgotten'),
      AnnounceForgotten: announce(
        [
          {
            EventBusName: ways.eventBus,
            Source: source,
            DetailType: `{% ${unlessReleased(typed('Node Forgotten'), 'Reproof Failed')} %}`,
            Detail: '{% $receipt %}',
          },
        ],
        { End: true },
      ),
      NoteNonce: {
        ...note({ nonce: '$nonce' }, 'Close'),
        Comment: 'Writes the text by which the message of the next state is known',
      },
      Close: {
        ...clusterTask('close'),
        Comment: 'Takes back what an earlier launch of the instance was given, before anything else is done',
        Catch: catchers('Close'),
        Next: 'Closed',
      },
      Closed: { ...begin(isOwnRow, 'Reread'), Comment: 'Begins the run as Admitted does, once the Node is closed' },
      EndedElsewhere: { Type: 'Succeed', Output: key },
    },
  };
}

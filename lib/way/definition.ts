import { type DetailType, source } from '../../domain/events.ts';
import type { Ending } from '../../domain/ledger.ts';
import { notYet } from '../../domain/messages.ts';
import { wayOutSeconds } from '../../domain/node.ts';
import { endingOf, outcomeCodes } from '../../domain/outcomes.ts';
import { lambdaErrors, outcomeRetriers, retrier } from './retriers.ts';

/** The resources that the state machine works with. */
export interface Ways {
  readonly partition: string;
  readonly commandsQueueUrl: string;
  readonly ledgerTable: string;
  /** The ARN of the function of each cluster, by the cluster's name. */
  readonly clusterFunctions: Readonly<Record<string, string>>;
  /** The ARN of the function that sees to it that no command runs on a node. */
  readonly haltFunction: string;
}

/**
 * The seconds that are left to try something for a node. A Task's time-out starts anew with each retry and the state machine's own cannot
 * be caught, so each attempt gets what remains.
 */
const secondsLeft = `{% $max([1, $floor(($toMillis($node.deadline) - $millis()) / 1000) - ${wayOutSeconds}]) %}`;

/** How long one call of a cluster function may take, in seconds; the function itself ends after 90. */
const clusterCallSeconds = 100;

/** How long one call of the halting function may take, in seconds; the function itself ends after 30. */
const haltCallSeconds = 40;

const released = outcomeCodes.filter((code) => endingOf(code) === 'done');
const failed = outcomeCodes.filter((code) => endingOf(code) !== 'done');
const forgotten = outcomeCodes.filter((code) => endingOf(code) === 'forget');

/** An expression, on one line as every tool takes it. */
function expression(text: string): string {
  return `{% ${text.replace(/\s*\n\s*/g, ' ').trim()} %}`;
}

/** Puts an error and its cause into the words of a failure; what is no outcome is an error of ours. A function's cause is JSON. */
function failureFrom(step: string): string {
  return expression(`(
    $error := $states.errorOutput.Error;
    $cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : "";
    $said := $contains($cause, /^\\s*\\{.*"errorMessage"/) ? $parse($cause).errorMessage : $cause;
    $known := $error in ${JSON.stringify(failed)};
    {
      "outcome": $known ? $error : $error = "States.Timeout" ? "deadline-passed" : "internal-error",
      "detail": $known ? $said : "in ${step}: " & $error & ": " & $said
    }
  )`);
}

const caught = (step: string, ErrorEquals: readonly string[], Next: string) => ({
  ErrorEquals,
  Assign: { failure: failureFrom(step) },
  Next,
});
const catchers = (step: string) => [caught(step, forgotten, 'Forget'), caught(step, ['States.ALL'], 'Quarantine')];

/** The failure, and that the command was not seen to end: an agent that is silent does not say so. */
const withoutEnd = expression(`(
    $cause := $exists($states.errorOutput.Cause) ? $states.errorOutput.Cause : "";
    $said := $contains($cause, /^\\s*\\{.*"errorMessage"/) ? $parse($cause).errorMessage : $cause;
    $merge([$failure, {"detail": $failure.detail & "; " & $said}])
  )`);

/** The receipt of a node that no cluster function wrote one for. */
const plainReceipt = expression(`$merge([
    {"version": 1, "outcome": $failure.outcome, "detail": $failure.detail, "endedAt": $now(), "totalMs": $floor($millis() - $toMillis($node.launchedAt))},
    $sift($node, function($value, $key) { $key in ["instanceId", "launchedAt", "cluster", "pool", "nodeName"] })
  ])`);

/** The way of one node as a state machine in JSONata: a released node passes five states. */
export function wayDefinition(ways: Ways): object {
  const service = (name: string) => `arn:${ways.partition}:states:::${name}`;
  const clusterCall = (payload: object) => ({
    Type: 'Task',
    Resource: service('lambda:invoke'),
    Arguments: {
      FunctionName: `{% $lookup(${JSON.stringify(ways.clusterFunctions)}, $node.cluster) %}`,
      Payload: payload,
    },
    TimeoutSeconds: clusterCallSeconds,
  });
  const waiting = { ...retrier([notYet], 5, 500), BackoffRate: 1.5, MaxDelaySeconds: 30 };
  const record = (ending: Ending, Next: string) => ({
    Type: 'Task',
    Comment: 'Writes the end into the ledger; where somebody else has written one, that one counts',
    Resource: service('dynamodb:updateItem'),
    Arguments: {
      TableName: ways.ledgerTable,
      Key: { instanceId: { S: '{% $node.instanceId %}' }, launchedAt: { S: '{% $node.launchedAt %}' } },
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
    Retry: [retrier(['DynamoDB.ConditionalCheckFailedException'], 1, 0), retrier(['States.ALL'], 1, 8)],
    Catch: [{ ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], Next: 'EndedElsewhere' }],
    Next,
  });
  const announce = (type: DetailType, after: { Next: string } | { End: true }) => ({
    Type: 'Task',
    Comment: 'Tells the bus, and so the audit trail',
    Resource: service('events:putEvents'),
    Arguments: { Entries: [{ Source: source, DetailType: type, Detail: '{% $receipt %}' }] },
    Retry: [retrier(['States.ALL'], 1, 8)],
    Output: '{% $receipt %}',
    ...after,
  });
  return {
    Comment: 'The way of one node through the airlock',
    QueryLanguage: 'JSONata',
    StartAt: 'Admitted',
    States: {
      Admitted: {
        Type: 'Choice',
        Choices: [
          {
            Condition: '{% $exists($states.input.refused) %}',
            Assign: { node: '{% $states.input.node %}', failure: '{% $states.input.refused %}' },
            Next: 'Quarantine',
          },
        ],
        Assign: { node: '{% $states.input.node %}', request: '{% $states.input.request %}' },
        Default: 'Install',
      },
      Install: {
        Type: 'Task',
        Comment: 'Waits in the queue until dispatch sends the command and settle answers the token',
        Resource: service('sqs:sendMessage.waitForTaskToken'),
        Arguments: {
          QueueUrl: ways.commandsQueueUrl,
          MessageBody: { token: '{% $states.context.Task.Token %}', node: '{% $node %}', request: '{% $request %}' },
        },
        TimeoutSeconds: secondsLeft,
        Retry: [...outcomeRetriers(), retrier(['Sqs.SqsException', 'SQS.AmazonSQSException'], 2, 8)],
        Catch: [caught('Install', ['States.Timeout'], 'Halt'), ...catchers('Install')],
        Assign: { installation: '{% $states.result %}' },
        Next: 'Release',
      },
      Halt: {
        Type: 'Task',
        Comment:
          'The time is up while a command may be at work: it is cancelled, and nothing else touches the node before its end',
        Resource: service('lambda:invoke'),
        Arguments: { FunctionName: ways.haltFunction, Payload: { node: '{% $node %}' } },
        TimeoutSeconds: haltCallSeconds,
        Retry: [{ ...retrier([notYet], 1, 2), MaxDelaySeconds: 2 }, retrier(lambdaErrors, 1, 3)],
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { failure: withoutEnd }, Next: 'Quarantine' }],
        Next: 'Quarantine',
      },
      Release: {
        ...clusterCall({ action: 'release', node: '{% $node %}', installation: '{% $installation %}' }),
        Retry: [waiting, retrier(lambdaErrors, 2, 8)],
        Catch: catchers('Release'),
        Assign: { receipt: '{% $states.result.Payload %}' },
        Next: 'Record',
      },
      Record: record('released', 'Announce'),
      Announce: announce('Node Released', { End: true }),
      Quarantine: {
        ...clusterCall({ action: 'quarantine', node: '{% $node %}', failure: '{% $failure %}' }),
        Retry: [waiting, retrier(lambdaErrors, 2, 8)],
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { receipt: plainReceipt }, Next: 'RecordFailure' }],
        Assign: { receipt: '{% $states.result.Payload %}' },
        Next: 'Marked',
      },
      Marked: {
        Type: 'Choice',
        Comment: 'A Node that a call of Release had opened before it was lost is released, and stays so',
        Choices: [{ Condition: `{% $receipt.outcome in ${JSON.stringify(released)} %}`, Next: 'Record' }],
        Default: 'RecordFailure',
      },
      RecordFailure: record('quarantined', 'AnnounceFailure'),
      AnnounceFailure: announce('Node Quarantined', { Next: 'Quarantined' }),
      Quarantined: { Type: 'Fail', Error: '{% $receipt.outcome %}', Cause: '{% $receipt.detail %}' },
      Forget: { Type: 'Pass', Assign: { receipt: plainReceipt }, Next: 'RecordForgotten' },
      RecordForgotten: record('forgotten', 'AnnounceForgotten'),
      AnnounceForgotten: announce('Node Forgotten', { End: true }),
      EndedElsewhere: { Type: 'Succeed', Output: '{% $receipt %}' },
    },
  };
}

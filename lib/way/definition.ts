import { type DetailType, source } from '../../domain/events.ts';
import { notYet } from '../../domain/messages.ts';
import { outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';
import { lambdaErrors, outcomeRetriers, retrier } from './retriers.ts';

/** The resources that the state machine works with. */
export interface Ways {
  readonly partition: string;
  readonly commandsQueueUrl: string;
  readonly ledgerTable: string;
  /** The ARN of the function of each cluster, by the cluster's name. */
  readonly clusterFunctions: Readonly<Record<string, string>>;
}

/**
 * The seconds that are left of a node's deadline. A Task's time-out starts anew with each retry and the state machine's own cannot be
 * caught, so each attempt gets what remains.
 */
const secondsLeft = '{% $max([1, $floor(($toMillis($node.deadline) - $millis()) / 1000)]) %}';

/** How long one call of a cluster function may take, in seconds; the function itself ends after 90. */
const clusterCallSeconds = 100;

const failed = outcomeCodes.filter((code) => outcomeOf(code).consequence.next !== 'done');
const forgotten = outcomeCodes.filter((code) => outcomeOf(code).consequence.next === 'forget');

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

const catchers = (step: string) => [
  { ErrorEquals: forgotten, Assign: { failure: failureFrom(step) }, Next: 'Forget' },
  { ErrorEquals: ['States.ALL'], Assign: { failure: failureFrom(step) }, Next: 'Quarantine' },
];

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
  const record = (Next: string) => ({
    Type: 'Task',
    Comment: 'Writes the end into the ledger, once',
    Resource: service('dynamodb:updateItem'),
    Arguments: {
      TableName: ways.ledgerTable,
      Key: { instanceId: { S: '{% $node.instanceId %}' }, launchedAt: { S: '{% $node.launchedAt %}' } },
      ConditionExpression: 'attribute_not_exists(outcome)',
      UpdateExpression: 'SET outcome = :outcome, endedAt = :endedAt, receipt = :receipt',
      ExpressionAttributeValues: {
        ':outcome': { S: '{% $receipt.outcome %}' },
        ':endedAt': { S: '{% $receipt.endedAt %}' },
        ':receipt': { S: '{% $string($receipt) %}' },
      },
    },
    Retry: [retrier(['DynamoDB.ConditionalCheckFailedException'], 1, 0), retrier(['States.ALL'], 1, 8)],
    Catch: [{ ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'], Next }],
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
        Catch: catchers('Install'),
        Assign: { installation: '{% $states.result %}' },
        Next: 'Release',
      },
      Release: {
        ...clusterCall({ action: 'release', node: '{% $node %}', installation: '{% $installation %}' }),
        Retry: [waiting, retrier(lambdaErrors, 2, 8)],
        Catch: catchers('Release'),
        Assign: { receipt: '{% $states.result.Payload %}' },
        Next: 'Record',
      },
      Record: record('Announce'),
      Announce: announce('Node Released', { End: true }),
      Quarantine: {
        ...clusterCall({ action: 'quarantine', node: '{% $node %}', failure: '{% $failure %}' }),
        Retry: [waiting, retrier(lambdaErrors, 2, 8)],
        Catch: [{ ErrorEquals: ['States.ALL'], Assign: { receipt: plainReceipt }, Next: 'RecordFailure' }],
        Assign: { receipt: '{% $states.result.Payload %}' },
        Next: 'RecordFailure',
      },
      RecordFailure: record('AnnounceFailure'),
      AnnounceFailure: announce('Node Quarantined', { Next: 'Quarantined' }),
      Quarantined: { Type: 'Fail', Error: '{% $receipt.outcome %}', Cause: '{% $receipt.detail %}' },
      Forget: { Type: 'Pass', Assign: { receipt: plainReceipt }, Next: 'RecordForgotten' },
      RecordForgotten: record('AnnounceForgotten'),
      AnnounceForgotten: announce('Node Forgotten', { End: true }),
    },
  };
}

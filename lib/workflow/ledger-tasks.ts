import type { Change } from '../../domain/ledger-change.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { type ChangeValues, renderUpdate } from '../../domain/update-expression.ts';
import { expression } from './expressions.ts';
import { noRetry, retryAll } from './retriers.ts';
import { service, type WorkflowResources } from './tasks.ts';

/**
 * How often writing and publishing an end are tried. With their pauses the attempts span some four minutes. Fewer would
 * not survive a service that fails for two minutes, and the node's end would stay unknown.
 */
export const untilWritten = 20;

/**
 * How often a publication is retried: for about an hour. Everything else about the run is done by then, and nothing
 * waits for it.
 */
const untilPublished = 240;

/** DynamoDB's error for a condition that does not hold. */
const conditionFailed = 'DynamoDB.ConditionalCheckFailedException';

/** The key of the execution's record in DynamoDB's format. */
const recordKey = { instanceId: { S: '{% $key.instanceId %}' }, launchedAt: { S: '{% $key.launchedAt %}' } };

/**
 * The input as a record key, which it may not be: a run record's key begins with an instance id, and the role may write
 * no other.
 */
export const inputKey = {
  instanceId: expression(`(
    $id := $string($states.context.Execution.Input.instanceId);
    $contains($id, /^i-[0-9a-f]+$/) ? $id : $error("the input names no instance")
  )`),
  launchedAt: '{% $string($states.context.Execution.Input.launchedAt) %}',
};
export const inputRunKey = { instanceId: { S: inputKey.instanceId }, launchedAt: { S: inputKey.launchedAt } };

/**
 * A value in DynamoDB's JSON. Text may be an expression; a number that is an expression arrives in this form already.
 */
function attributeValue(value: unknown): unknown {
  if (typeof value === 'string') return { S: value };
  return typeof value === 'number' ? { N: String(value) } : value;
}

/** A task that makes one change to a record. */
export function updateTask<C extends Change>(
  resources: WorkflowResources,
  Key: object,
  change: C,
  values: ChangeValues<C>,
) {
  const { ExpressionAttributeValues = {}, ...parameters } = renderUpdate(change, values);
  return {
    Type: 'Task',
    Resource: service(resources, 'dynamodb:updateItem'),
    Arguments: {
      TableName: resources.ledgerTable,
      Key,
      ...parameters,
      ExpressionAttributeValues: Object.fromEntries(
        Object.entries(ExpressionAttributeValues).map(([name, value]) => [name, attributeValue(value)]),
      ),
    },
  };
}

/** A task that records something in the run. A run that has an end keeps it. */
export function recordTask<C extends Change>(
  resources: WorkflowResources,
  change: C,
  values: ChangeValues<C>,
  Next: string,
) {
  return {
    ...updateTask(resources, recordKey, change, values),
    Retry: [noRetry(conditionFailed), retryAll({ attempts: untilWritten })],
    Catch: [{ ErrorEquals: [conditionFailed], Next: 'EndedElsewhere' }],
    Next,
  };
}

/** Records the end of the run. An end that is already recorded counts. */
export function recordEnd(resources: WorkflowResources, ending: string, Next: string) {
  const values = {
    ending,
    outcome: '{% $receipt.outcome %}',
    endedAt: '{% $receipt.endedAt %}',
    endedBy: '{% $states.context.Execution.Id %}',
    receipt: '{% $string($receipt) %}',
  };
  return {
    ...recordTask(resources, runChanges.recordEnd, values, Next),
    Comment: 'Records the end in the ledger; an end that is already recorded counts',
  };
}

/** Begins the run that the input names if its record allows it, and reads launch and request from the record. */
export function beginRun(
  resources: WorkflowResources,
  change: typeof runChanges.begin | typeof runChanges.beginRelaunched,
  otherwise: string,
) {
  const execution = '{% $states.context.Execution.Name %}';
  const { Arguments, ...task } = updateTask(resources, inputRunKey, change, {
    execution,
    begunAt: '{% $now() %}',
    nonce: '{% $uuid() %}',
  });
  return {
    ...task,
    Arguments: { ...Arguments, ReturnValues: 'ALL_NEW' },
    Retry: [noRetry(conditionFailed, 'States.QueryEvaluationError'), retryAll({ attempts: untilWritten })],
    Catch: [
      { ErrorEquals: [conditionFailed], Next: otherwise },
      { ErrorEquals: ['States.QueryEvaluationError'], Next: 'NotAdmitted' },
    ],
    Assign: {
      key: inputKey,
      launch: '{% $parse($states.result.Attributes.launch.S) %}',
      request: '{% $parse($states.result.Attributes.request.S) %}',
      nonce: '{% $states.result.Attributes.nonce.S %}',
    },
    Next: 'Install',
  };
}

/** Publishes events, and outputs the receipt. */
export function publishTask(resources: WorkflowResources, entries: string, after: { Next: string } | { End: true }) {
  return {
    Type: 'Task',
    Comment: 'Publishes the end, which the audit trail keeps',
    Resource: service(resources, 'events:putEvents'),
    Arguments: { Entries: entries },
    Retry: [retryAll({ attempts: untilPublished })],
    Output: '{% $receipt %}',
    ...after,
  };
}

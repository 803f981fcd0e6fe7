import { source } from '../../domain/events.ts';
import { expression } from './expressions.ts';
import { noRetry, retryAll } from './retriers.ts';
import { service, type WorkflowResources } from './tasks.ts';

/**
 * How often an end is written and told: with their pauses these take some four minutes, and a service that fails for two of them would else leave
 * a node whose end no one learns of.
 */
export const untilWritten = 20;

/** DynamoDB's error for a condition that does not hold. */
const conditionFailed = 'DynamoDB.ConditionalCheckFailedException';

/** The key of the execution's row in DynamoDB's own form. */
const rowKey = { instanceId: { S: '{% $key.instanceId %}' }, launchedAt: { S: '{% $key.launchedAt %}' } };

/** The input as the key of a row, which it may be none: a run's row has the id of an instance, and the role may write no other. */
export const inputKey = {
  instanceId: expression(`(
    $id := $string($states.context.Execution.Input.instanceId);
    $contains($id, /^i-[0-9a-f]+$/) ? $id : $error("the input names no instance")
  )`),
  launchedAt: '{% $string($states.context.Execution.Input.launchedAt) %}',
};
export const inputRunKey = { instanceId: { S: inputKey.instanceId }, launchedAt: { S: inputKey.launchedAt } };

/** Writes the end of the run; if an end is written already, that one counts. */
export function recordEnd(resources: WorkflowResources, ending: string, Next: string) {
  return {
    Type: 'Task',
    Comment: 'Writes the end into the ledger; if someone else has written one, that one counts',
    Resource: service(resources, 'dynamodb:updateItem'),
    Arguments: {
      TableName: resources.ledgerTable,
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
    Retry: [noRetry(conditionFailed), retryAll({ attempts: untilWritten })],
    Catch: [{ ErrorEquals: [conditionFailed], Next: 'EndedElsewhere' }],
    Next,
  };
}

/** Writes fields into the run: an expression each. */
export function noteFields(resources: WorkflowResources, fields: Readonly<Record<string, string>>, Next: string) {
  return {
    Type: 'Task',
    Resource: service(resources, 'dynamodb:updateItem'),
    Arguments: {
      TableName: resources.ledgerTable,
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
    Retry: [noRetry(conditionFailed), retryAll({ attempts: untilWritten })],
    Catch: [{ ErrorEquals: [conditionFailed], Next: 'EndedElsewhere' }],
    Next,
  };
}

/** Begins the run that the input names, if its row meets a condition, and takes node and request out of the row. */
export function beginRun(resources: WorkflowResources, condition: string, otherwise: string) {
  return {
    Type: 'Task',
    Resource: service(resources, 'dynamodb:updateItem'),
    Arguments: {
      TableName: resources.ledgerTable,
      Key: inputRunKey,
      ConditionExpression: condition,
      UpdateExpression: 'SET begunAt = :at, nonce = :nonce',
      ExpressionAttributeValues: {
        ':me': { S: '{% $states.context.Execution.Name %}' },
        ':at': { S: '{% $now() %}' },
        ':nonce': { S: '{% $uuid() %}' },
      },
      ReturnValues: 'ALL_NEW',
    },
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

/** Publishes events, and ends with the receipt. */
export function announce(resources: WorkflowResources, entries: unknown, after: { Next: string } | { End: true }) {
  return {
    Type: 'Task',
    Comment: 'Tells the bus, and so the audit trail',
    Resource: service(resources, 'events:putEvents'),
    Arguments: { Entries: entries },
    Retry: [retryAll({ attempts: untilWritten })],
    Output: '{% $receipt %}',
    ...after,
  };
}

/** One event about the node, as an entry for the bus. */
export function eventEntry({ eventBus }: WorkflowResources, DetailType: string): object {
  return { EventBusName: eventBus, Source: source, DetailType, Detail: '{% $receipt %}' };
}

import { type DetailType, source } from '../../domain/events.ts';
import type { Ending } from '../../domain/ledger.ts';
import { breakerPartition, breakerSortKey, expression, typed, unlessReleased } from './expressions.ts';
import { announce, recordEnd } from './ledger-tasks.ts';
import { retryAll } from './retriers.ts';
import { catchers, clusterTask, key, remediationTask, service, type WorkflowResources } from './tasks.ts';

/** How long a breaker's row is kept after its last change, in seconds. */
const breakerKeptSeconds = 90 * 24 * 3_600;

/** From a proof to a released node. */
export function releaseStates(resources: WorkflowResources): object {
  const told = `"EventBusName": "${resources.eventBus}", "Source": "${source}"`;
  return {
    Release: {
      ...clusterTask(resources, 'release'),
      Comment: 'Waits in the queue of the cluster until its function has lifted the gate, or says why not',
      Catch: catchers('Release'),
      Assign: { receipt: '{% $states.result %}' },
      Next: 'Record',
    },
    Record: recordEnd(resources, 'released' satisfies Ending, 'Passed'),
    Passed: {
      Type: 'Task',
      Comment: 'Counts the success, which closes the breaker if it is open',
      Resource: service(resources, 'dynamodb:updateItem'),
      Arguments: {
        TableName: resources.ledgerTable,
        Key: { instanceId: { S: breakerPartition }, launchedAt: { S: breakerSortKey } },
        UpdateExpression:
          'SET #state = :closed, #cluster = :cluster, #pool = :pool, #version = :version, expiresAt = :expires REMOVE probe, probeUntil ADD passed :one',
        ExpressionAttributeNames: {
          '#state': 'state',
          '#cluster': 'cluster',
          '#pool': 'pool',
          '#version': 'version',
        },
        ExpressionAttributeValues: {
          ':closed': { S: 'closed' },
          ':cluster': { S: '{% $launch.cluster %}' },
          ':pool': { S: '{% $launch.pool %}' },
          ':version': { S: '{% $request.runtime & "@" & $request.version %}' },
          ':expires': { N: `{% $string($floor($millis() / 1000) + ${breakerKeptSeconds}) %}` },
          ':one': { N: '1' },
        },
        ReturnValues: 'UPDATED_OLD',
      },
      Retry: [retryAll({ attempts: 4 })],
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { closed: false }, Next: 'Hooked' }],
      Assign: { closed: '{% $states.result.Attributes.state.S = "open" %}' },
      Next: 'Hooked',
    },
    Hooked: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $exists($launch.hook) %}', Next: 'IntoService' }],
      Default: 'Announce',
    },
    IntoService: {
      ...remediationTask(resources, { action: 'keep', key }),
      Comment: 'Answers the launch hook with CONTINUE',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Announce' }],
      Next: 'Announce',
    },
    Announce: announce(
      resources,
      expression(`$append(
        [{${told}, "DetailType": ${unlessReleased(typed('Node Released'), 'Node Reverified')}, "Detail": $receipt}],
        $closed ? [{${told}, "DetailType": "${'Breaker Closed' satisfies DetailType}", "Detail": {
          "cluster": $launch.cluster, "pool": $launch.pool, "version": $request.runtime & "@" & $request.version,
          "by": "a release", "at": $receipt.endedAt
        }}] : []
      )`),
      { End: true },
    ),
  };
}

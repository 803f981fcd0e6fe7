import { type DetailType, source } from '../../domain/events.ts';
import type { Ending } from '../../domain/ledger.ts';
import { breakerPartition, breakerSortKey, expression, typed, unlessReleased } from './expressions.ts';
import { announce, recordEnd } from './ledger-tasks.ts';
import { retryAll } from './retriers.ts';
import { catchers, clusterTask, key, remediationTask, service, type Ways } from './tasks.ts';

/** How long a breaker's row is kept after its last change, in seconds. */
const breakerKeptSeconds = 90 * 24 * 3_600;

/** From a proof to a released node. */
export function releaseStates(ways: Ways): object {
  const told = `"EventBusName": "${ways.eventBus}", "Source": "${source}"`;
  return {
    Release: {
      ...clusterTask(ways, 'release'),
      Comment: 'Waits in the queue of the cluster until its function has lifted the gate, or says why not',
      Catch: catchers('Release'),
      Assign: { receipt: '{% $states.result %}' },
      Next: 'Record',
    },
    Record: recordEnd(ways, 'released' satisfies Ending, 'Passed'),
    Passed: {
      Type: 'Task',
      Comment: 'Counts the success, which closes the breaker where it is open',
      Resource: service(ways, 'dynamodb:updateItem'),
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
      Retry: [retryAll({ attempts: 4 })],
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
      ...remediationTask(ways, { action: 'keep', key }),
      Comment: 'Answers the launch hook with CONTINUE',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Announce' }],
      Next: 'Announce',
    },
    Announce: announce(
      ways,
      expression(`$append(
        [{${told}, "DetailType": ${unlessReleased(typed('Node Released'), 'Node Reproven')}, "Detail": $receipt}],
        $closed ? [{${told}, "DetailType": "${'Breaker Closed' satisfies DetailType}", "Detail": {
          "cluster": $node.cluster, "pool": $node.pool, "release": $request.runtime & "@" & $request.release,
          "by": "a release", "at": $receipt.endedAt
        }}] : []
      )`),
      { End: true },
    ),
  };
}

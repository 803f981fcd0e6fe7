import { breakerChanges } from '../../domain/breaker-changes.ts';
import { type Ending, keptSeconds } from '../../domain/ledger.ts';
import type { NextStep } from '../../domain/next-steps.ts';
import { breakerEntry, endEntry, type HookResult, hookEntry, podEntry } from './entries.ts';
import { breakerPartition, breakerSortKey, expression, hookKept, typed, unlessReleased } from './expressions.ts';
import { publishTask, recordEnd, updateTask } from './ledger-tasks.ts';
import { retryAll } from './retriers.ts';
import { afterEnd } from './signing.ts';
import { catchers, clusterTask, key, remediationTask, type WorkflowResources } from './tasks.ts';

/** The key of the record of the run's breaker. */
const breakerRowKey = { instanceId: { S: breakerPartition }, launchedAt: { S: breakerSortKey } };

/** From a proof to a released node. */
export function releaseStates(resources: WorkflowResources): object {
  const countSuccess = updateTask(resources, breakerRowKey, breakerChanges.countSuccess, {
    cluster: '{% $launch.cluster %}',
    pool: '{% $launch.pool %}',
    version: '{% $request.runtime & "@" & $request.version %}',
    expiresAt: { N: `{% $string($floor($millis() / 1000) + ${keptSeconds}) %}` },
  });
  const { eventBus } = resources;
  const schedule = JSON.stringify('schedule' satisfies NextStep);
  return {
    Release: {
      ...clusterTask(resources, 'release'),
      Comment: 'Waits in the queue of the cluster until its function has lifted the gate, or reports why not',
      Catch: catchers('Release'),
      Assign: { receipt: '{% $states.result %}' },
      Next: 'RecordRelease',
    },
    RecordRelease: recordEnd(resources, 'released' satisfies Ending, 'CountSuccess'),
    CountSuccess: {
      ...countSuccess,
      Comment: 'Counts the success, which closes the breaker if it is open',
      Arguments: { ...countSuccess.Arguments, ReturnValues: 'UPDATED_OLD' },
      Retry: [retryAll({ attempts: 4 })],
      Catch: [{ ErrorEquals: ['States.ALL'], Assign: { closed: false }, Next: 'CheckHook' }],
      Assign: { closed: '{% $states.result.Attributes.state.S = "open" %}' },
      Next: 'CheckHook',
    },
    CheckHook: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $exists($launch.hook) %}', Next: 'ContinueHook' }],
      Assign: { hookResult: 'none' satisfies HookResult },
      Default: 'PublishRelease',
    },
    ContinueHook: {
      ...remediationTask(resources, { action: 'keep', key }),
      Comment: 'Answers the launch hook with CONTINUE',
      Catch: [
        { ErrorEquals: ['States.ALL'], Assign: { hookResult: 'none' satisfies HookResult }, Next: 'PublishRelease' },
      ],
      Assign: { hookResult: hookKept },
      Next: 'PublishRelease',
    },
    PublishRelease: publishTask(
      resources,
      expression(`[
        ${podEntry(eventBus)},
        ${endEntry(eventBus, unlessReleased(typed('Node Released'), 'Node Reverified'), schedule)},
        ${hookEntry(eventBus)},
        ${breakerEntry(eventBus)}
      ]`),
      afterEnd(resources),
    ),
  };
}

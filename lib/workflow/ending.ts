import type { Ending } from '../../domain/ledger.ts';
import type { NextStep } from '../../domain/next-steps.ts';
import { endEntry, type HookResult, hookEntry } from './entries.ts';
import {
  expression,
  failureType,
  hookKept,
  nextAfterFailure,
  plainReceipt,
  typed,
  unlessReleased,
} from './expressions.ts';
import { publishTask, recordEnd } from './ledger-tasks.ts';
import { afterEnd, afterFailure, signingStates } from './signing.ts';
import { key, remediationTask, type WorkflowResources } from './tasks.ts';

/** How a run ends that does not release its node. */
export function endingStates(resources: WorkflowResources): object {
  const { eventBus } = resources;
  const nothing = JSON.stringify('nothing' satisfies NextStep);
  const discard = unlessReleased(typed('Launch Discarded'), 'Reverification Failed');
  return {
    RecordFailure: recordEnd(resources, '{% $ending %}', 'CheckHookAfterFailure'),
    CheckHookAfterFailure: {
      Type: 'Choice',
      Comment:
        'Brings an instance that stays into service behind its gate; otherwise Auto Scaling terminates it at the heartbeat timeout',
      Choices: [
        { Condition: '{% $exists($launch.hook) and $ending != "replaced" %}', Next: 'ContinueHookAfterFailure' },
      ],
      Assign: { hookResult: '{% $how = "abandoned" ? "ABANDON" : "none" %}' },
      Default: 'PublishFailure',
    },
    ContinueHookAfterFailure: {
      ...remediationTask(resources, { action: 'keep', key }),
      Catch: [
        { ErrorEquals: ['States.ALL'], Assign: { hookResult: 'none' satisfies HookResult }, Next: 'PublishFailure' },
      ],
      Assign: { hookResult: hookKept },
      Next: 'PublishFailure',
    },
    PublishFailure: publishTask(
      resources,
      expression(`[${endEntry(eventBus, failureType, nextAfterFailure)}, ${hookEntry(eventBus)}]`),
      afterFailure(resources),
    ),
    Failed: { Type: 'Fail', Error: '{% $receipt.outcome %}', Cause: '{% $receipt.detail %}' },
    Discard: { Type: 'Pass', Assign: { receipt: plainReceipt }, Next: 'RecordDiscard' },
    RecordDiscard: recordEnd(resources, 'discarded' satisfies Ending, 'PublishDiscard'),
    PublishDiscard: publishTask(
      resources,
      expression(`[${endEntry(eventBus, discard, nothing)}]`),
      afterEnd(resources),
    ),
    ...signingStates(resources),
    EndedElsewhere: { Type: 'Succeed', Output: key },
  };
}

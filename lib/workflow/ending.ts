import type { Ending } from '../../domain/ledger.ts';
import { failureType, plainReceipt, typed, unlessReleased } from './expressions.ts';
import { eventEntry, publishTask, recordEnd } from './ledger-tasks.ts';
import { key, remediationTask, type WorkflowResources } from './tasks.ts';

/** How a run ends that does not release its node. */
export function endingStates(resources: WorkflowResources): object {
  return {
    RecordFailure: recordEnd(resources, '{% $ending %}', 'CheckHookAfterFailure'),
    CheckHookAfterFailure: {
      Type: 'Choice',
      Comment:
        'Brings an instance that stays into service behind its gate; otherwise Auto Scaling terminates it at the heartbeat timeout',
      Choices: [
        { Condition: '{% $exists($launch.hook) and $ending != "replaced" %}', Next: 'ContinueHookAfterFailure' },
      ],
      Default: 'PublishFailure',
    },
    ContinueHookAfterFailure: {
      ...remediationTask(resources, { action: 'keep', key }),
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'PublishFailure' }],
      Next: 'PublishFailure',
    },
    PublishFailure: publishTask(resources, [eventEntry(resources, failureType)], { Next: 'Failed' }),
    Failed: { Type: 'Fail', Error: '{% $receipt.outcome %}', Cause: '{% $receipt.detail %}' },
    Discard: { Type: 'Pass', Assign: { receipt: plainReceipt }, Next: 'RecordDiscard' },
    RecordDiscard: recordEnd(resources, 'discarded' satisfies Ending, 'PublishDiscard'),
    PublishDiscard: publishTask(
      resources,
      [eventEntry(resources, `{% ${unlessReleased(typed('Launch Discarded'), 'Reverification Failed')} %}`)],
      { End: true },
    ),
    EndedElsewhere: { Type: 'Succeed', Output: key },
  };
}

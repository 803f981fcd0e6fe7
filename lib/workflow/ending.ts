import type { Ending } from '../../domain/ledger.ts';
import { failureType, plainReceipt, typed, unlessReleased } from './expressions.ts';
import { eventEntry, publishTask, recordEnd } from './ledger-tasks.ts';
import { key, remediationTask, type WorkflowResources } from './tasks.ts';

/** The ends of a run that is not released. */
export function endingStates(resources: WorkflowResources): object {
  return {
    RecordFailure: recordEnd(resources, '{% $ending %}', 'CheckHookAfterFailure'),
    CheckHookAfterFailure: {
      Type: 'Choice',
      Comment: 'An instance that stays comes into service behind its gate, or the end of the heartbeat would take it',
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

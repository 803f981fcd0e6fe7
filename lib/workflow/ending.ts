import type { Ending } from '../../domain/ledger.ts';
import { failureType, plainReceipt, typed, unlessReleased } from './expressions.ts';
import { announce, eventEntry, recordEnd } from './ledger-tasks.ts';
import { key, remediationTask, type WorkflowResources } from './tasks.ts';

/** The ends of a run that is not released. */
export function endingStates(resources: WorkflowResources): object {
  return {
    RecordFailure: recordEnd(resources, '{% $ending %}', 'Kept'),
    Kept: {
      Type: 'Choice',
      Comment: 'An instance that stays comes into service behind its gate, or the end of the heartbeat would take it',
      Choices: [{ Condition: '{% $exists($launch.hook) and $ending != "replaced" %}', Next: 'KeepInService' }],
      Default: 'AnnounceFailure',
    },
    KeepInService: {
      ...remediationTask(resources, { action: 'keep', key }),
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'AnnounceFailure' }],
      Next: 'AnnounceFailure',
    },
    AnnounceFailure: announce(resources, [eventEntry(resources, failureType)], { Next: 'Failed' }),
    Failed: { Type: 'Fail', Error: '{% $receipt.outcome %}', Cause: '{% $receipt.detail %}' },
    Discard: { Type: 'Pass', Assign: { receipt: plainReceipt }, Next: 'RecordForgotten' },
    RecordForgotten: recordEnd(resources, 'discarded' satisfies Ending, 'AnnounceForgotten'),
    AnnounceForgotten: announce(
      resources,
      [eventEntry(resources, `{% ${unlessReleased(typed('Launch Discarded'), 'Reverification Failed')} %}`)],
      { End: true },
    ),
    EndedElsewhere: { Type: 'Succeed', Output: key },
  };
}

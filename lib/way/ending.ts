import type { Ending } from '../../domain/ledger.ts';
import { failureType, plainReceipt, typed, unlessReleased } from './expressions.ts';
import { announce, eventEntry, recordEnd } from './ledger-tasks.ts';
import { key, remediationTask, type Ways } from './tasks.ts';

/** The ends of a run that is not released. */
export function endingStates(ways: Ways): object {
  return {
    RecordFailure: recordEnd(ways, '{% $ending %}', 'Kept'),
    Kept: {
      Type: 'Choice',
      Comment: 'An instance that stays comes into service behind its gate, or the end of the heartbeat would take it',
      Choices: [{ Condition: '{% $exists($node.hook) and $ending != "replaced" %}', Next: 'KeepInService' }],
      Default: 'AnnounceFailure',
    },
    KeepInService: {
      ...remediationTask(ways, { action: 'keep', key }),
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'AnnounceFailure' }],
      Next: 'AnnounceFailure',
    },
    AnnounceFailure: announce(ways, [eventEntry(ways, failureType)], { Next: 'Failed' }),
    Failed: { Type: 'Fail', Error: '{% $receipt.outcome %}', Cause: '{% $receipt.detail %}' },
    Forget: { Type: 'Pass', Assign: { receipt: plainReceipt }, Next: 'RecordForgotten' },
    RecordForgotten: recordEnd(ways, 'forgotten' satisfies Ending, 'AnnounceForgotten'),
    AnnounceForgotten: announce(
      ways,
      [eventEntry(ways, `{% ${unlessReleased(typed('Node Forgotten'), 'Reproof Failed')} %}`)],
      { End: true },
    ),
    EndedElsewhere: { Type: 'Succeed', Output: key },
  };
}

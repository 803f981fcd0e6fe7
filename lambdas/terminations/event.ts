import type { EventDraft } from '../../domain/events.ts';
import { launchRef } from '../../domain/events.ts';
import type { Launch } from '../../domain/launch.ts';
import type { Receipt } from '../../domain/receipt.ts';

/** Builds the event of a run that ended because its instance went away. */
export function endEvent(launch: Launch, receipt: Receipt): EventDraft {
  return {
    type: launch.rerun?.released ? 'Reverification Failed' : 'Launch Discarded',
    detail: { at: receipt.endedAt, next: 'nothing', ...launchRef(launch), tookMs: receipt.totalMs, ...receipt },
  };
}

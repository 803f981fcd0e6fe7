import { type EventDraft, launchRef, msBetween } from '../../domain/events.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { outcomeOf } from '../../domain/outcomes.ts';
import type { Answer } from './decide.ts';

/**
 * Builds the event of a command that ended.
 *
 * @param at when the waiting state was answered, ISO 8601
 * @returns undefined if the run record has no launch
 */
export function settledEvent(run: RunRecord, commandId: string, answer: Answer, at: string): EventDraft | undefined {
  const { launch, sentAt, claimedAt, attempt = 0, document = '' } = run;
  if (launch === undefined) return undefined;
  const common = { at, ...launchRef(launch), tookMs: msBetween(sentAt ?? claimedAt ?? at, at) };
  if (answer.answer === 'success')
    return { type: 'Node Proven', detail: { ...common, next: 'prove', installation: answer.installation } };
  const { consequence } = outcomeOf(answer.failure.outcome);
  const next = consequence.next === 'retry' && attempt + 1 < consequence.attempts ? 'retry' : 'decide';
  return { type: 'Installation Failed', detail: { ...common, next, ...answer.failure, attempt, commandId, document } };
}

import { type Departure, departedStates } from '../../domain/events.ts';
import type { Launch } from '../../domain/launch.ts';
import { launchTimeOf, mayRun, type RunRecord } from '../../domain/ledger.ts';
import type { Receipt } from '../../domain/receipt.ts';

/** What a departure means for one launch of the instance. */
export type TerminationDecision =
  | { readonly step: 'end'; readonly receipt: Receipt; readonly cancel: string | undefined }
  /** It has ended, and only its admission is still to be told: another launch of the instance may hide it from reconcile. */
  | { readonly step: 'tell'; readonly because: 'admission-untold' }
  /** Another call publishes the end; or EC2 does not show the departure yet; or `admission` is about to write the rest of the row. */
  | { readonly step: 'wait'; readonly because: 'being-told' | 'not-shown' | 'being-admitted' }
  | { readonly step: 'nothing'; readonly because: 'not-gone' | 'ended' | 'being-replaced' };

/** An instance as EC2 shows it. */
export interface Shown {
  readonly state: string;
  readonly launchedAt: string;
}

/** How long EC2 may take to show what it has announced, in milliseconds. */
const shownWithinMs = 60_000;

/** How old a launch is before an instance that EC2 does not show counts as one that is gone, in milliseconds: a young one may not be shown yet. */
const knownAfterMs = 5 * 60_000;

/** How long the call that wrote an end may take to tell it, in milliseconds: longer than the function may run. */
const publishGraceMs = 45_000;

/** How long a call that admits a node may take, in milliseconds: longer than `admission` may run. */
const admittingMs = 45_000;

/** The name that stands in a row as the writer of an end that this function wrote. */
export const writer = 'terminations';

/** Whether a row has an end that was told: then nothing is left but, at most, to tell its admission. */
export function isOver({ outcome, endedBy, publishedAt }: RunRecord): boolean {
  return outcome !== undefined && !(endedBy === writer && publishedAt === undefined);
}

/**
 * Decides about one launch of an instance that is said to go away. Who says so decides nothing: a launch is over if EC2 shows that it is.
 *
 * @param instance what EC2 shows; undefined if it does not know the instance
 * @param at the time of the decision, ISO 8601
 */
export function decideTermination(
  departure: Departure,
  run: RunRecord,
  instance: Shown | undefined,
  at: string,
): TerminationDecision {
  // A death after the end was written and before it was told leaves the rest to the next receipt of the message.
  const unfinished = run.outcome !== undefined && !isOver(run);
  if (isOver(run)) {
    return run.admittedAt === undefined && run.launch !== undefined
      ? { step: 'tell', because: 'admission-untold' }
      : { step: 'nothing', because: 'ended' };
  }
  if (unfinished && Date.parse(at) - Date.parse(run.endedAt ?? at) < publishGraceMs) {
    return { step: 'wait', because: 'being-told' };
  }
  if (run.replacingAt !== undefined) return { step: 'nothing', because: 'being-replaced' };
  const why = unfinished ? '' : whyGone(run, instance, Date.parse(at));
  if (why === undefined) {
    const saidMs = Math.abs(Date.parse(at) - Date.parse(departure.at));
    return saidMs < shownWithinMs ? { step: 'wait', because: 'not-shown' } : { step: 'nothing', because: 'not-gone' };
  }
  const { launch: node, admittedAt, recordedAt = at } = run;
  if (node === undefined) return { step: 'wait', because: 'being-admitted' };
  // Its execution may be about to be started; if the call that admits it died, this one tells of that, too.
  if (admittedAt === undefined && Date.parse(at) - Date.parse(recordedAt) < admittingMs) {
    return { step: 'wait', because: 'being-admitted' };
  }
  // What was written is what is told, also if another message of this departure tells it.
  const receipt = run.receipt ?? receiptOf(node, why, at);
  return { step: 'end', receipt, cancel: mayRun(run) ? run.commandId : undefined };
}

/** Why a launch is over, as EC2 shows it; undefined if it is not. */
function whyGone(run: RunRecord, instance: Shown | undefined, now: number): string | undefined {
  const launched = Date.parse(launchTimeOf(run));
  if (instance === undefined) return now - launched > knownAfterMs ? 'EC2 does not know the instance' : undefined;
  if (Date.parse(instance.launchedAt) > launched)
    return `EC2 says that it was launched again at ${instance.launchedAt}`;
  const departed = Date.parse(instance.launchedAt) === launched && departedStates.includes(instance.state);
  return departed ? `EC2 says ${instance.state}` : undefined;
}

function receiptOf(launch: Launch, why: string, endedAt: string): Receipt {
  const { instanceId, launchedAt, cluster, pool, nodeName } = launch;
  return {
    version: 2,
    ...{ instanceId, launchedAt, cluster, pool, nodeName },
    outcome: 'instance-gone',
    detail: why,
    endedAt,
    totalMs: Math.max(0, Date.parse(endedAt) - Date.parse(launchedAt)),
  };
}

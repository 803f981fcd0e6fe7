import { type Termination, terminationStates } from '../../domain/events.ts';
import type { Launch } from '../../domain/launch.ts';
import { launchTimeOf, mayRun, type RunRecord } from '../../domain/ledger.ts';
import type { Receipt } from '../../domain/receipt.ts';

/** What a termination means for one run of the instance. */
export type TerminationDecision =
  | { readonly step: 'end'; readonly receipt: Receipt; readonly cancel: string | undefined }
  /**
   * It has ended, and only its admission is not published yet: another launch of the instance may hide it from
   * reconcile.
   */
  | { readonly step: 'publish'; readonly because: 'admission-unpublished' }
  /**
   * Another call publishes the end, EC2 does not show the termination yet, or `admission` is about to write the rest of
   * the record.
   */
  | { readonly step: 'wait'; readonly because: 'being-published' | 'not-visible' | 'being-admitted' }
  | { readonly step: 'nothing'; readonly because: 'not-gone' | 'ended' | 'being-replaced' };

/** An instance as EC2 shows it. */
export interface InstanceStatus {
  readonly state: string;
  readonly launchedAt: string;
}

/** How long EC2 may take to show what its event announced, in milliseconds. */
const visibleWithinMs = 60_000;

/**
 * How old a launch must be before an instance that EC2 does not show counts as gone, in milliseconds: a new one may not
 * be visible yet.
 */
const knownAfterMs = 5 * 60_000;

/** How long the call that wrote an end may take to publish it, in milliseconds: longer than the function may run. */
const publishGraceMs = 45_000;

/** How long an admission may take, in milliseconds: longer than `admission` may run. */
const admittingMs = 45_000;

/** The value of `endedBy` for an end that this function wrote. */
export const writer = 'terminations';

/** Whether a run has an end that was published: then at most its admission is still to be published. */
export function isOver({ outcome, endedBy, publishedAt }: RunRecord): boolean {
  return outcome !== undefined && !(endedBy === writer && publishedAt === undefined);
}

/**
 * Decides about one run of an instance that is reported to go away. The report decides nothing: a launch is over only
 * if EC2 shows that it is.
 *
 * @param instance the instance in EC2; undefined if EC2 does not know it
 * @param at the time of the decision, ISO 8601
 */
export function decideTermination(
  termination: Termination,
  run: RunRecord,
  instance: InstanceStatus | undefined,
  at: string,
): TerminationDecision {
  // If a call died after it wrote the end and before it published it, the next delivery of the message does the rest.
  const unfinished = run.outcome !== undefined && !isOver(run);
  if (isOver(run)) {
    return run.admittedAt === undefined && run.launch !== undefined
      ? { step: 'publish', because: 'admission-unpublished' }
      : { step: 'nothing', because: 'ended' };
  }
  if (unfinished && Date.parse(at) - Date.parse(run.endedAt ?? at) < publishGraceMs) {
    return { step: 'wait', because: 'being-published' };
  }
  if (run.replacingAt !== undefined) return { step: 'nothing', because: 'being-replaced' };
  const why = unfinished ? '' : whyGone(run, instance, Date.parse(at));
  if (why === undefined) {
    const announcedMs = Math.abs(Date.parse(at) - Date.parse(termination.at));
    return announcedMs < visibleWithinMs
      ? { step: 'wait', because: 'not-visible' }
      : { step: 'nothing', because: 'not-gone' };
  }
  const { launch, admittedAt, recordedAt = at } = run;
  if (launch === undefined) return { step: 'wait', because: 'being-admitted' };
  // Its execution may be about to start. If the call that admits it died, this call also publishes the admission.
  if (admittedAt === undefined && Date.parse(at) - Date.parse(recordedAt) < admittingMs) {
    return { step: 'wait', because: 'being-admitted' };
  }
  // The written receipt is the one to publish, even if another message about this termination publishes it.
  const receipt = run.receipt ?? receiptOf(launch, why, at);
  return { step: 'end', receipt, cancel: mayRun(run) ? run.commandId : undefined };
}

/** Why a launch is over, according to EC2; undefined if it is not. */
function whyGone(run: RunRecord, instance: InstanceStatus | undefined, now: number): string | undefined {
  const launched = Date.parse(launchTimeOf(run));
  if (instance === undefined) return now - launched > knownAfterMs ? 'EC2 does not know the instance' : undefined;
  if (Date.parse(instance.launchedAt) > launched) return `EC2 reports a new launch at ${instance.launchedAt}`;
  const isEnding = Date.parse(instance.launchedAt) === launched && terminationStates.includes(instance.state);
  return isEnding ? `EC2 reports ${instance.state}` : undefined;
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

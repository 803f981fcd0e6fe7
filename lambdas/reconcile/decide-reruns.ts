import { refusalOf, wasReleased } from '../../domain/act-refusals.ts';
import { type BackOff, doubledPause } from '../../domain/back-off.ts';
import { type Breaker, breakerKey, isOpen, scopeOf } from '../../domain/breaker.ts';
import { claimText } from '../../domain/claim-text.ts';
import { isReverification, type Launch } from '../../domain/launch.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { asksForRun } from '../../domain/operator-acts.ts';
import { type Versions, versionRefusal } from '../../domain/tags.ts';

/** How long a node rests between two runs: doubled with each run. */
const rests: BackOff = { firstMs: 5 * 60_000, longestMs: 60 * 60_000 };

/** A further run of a launch, and the latest one as it was read. */
export interface Rerun {
  readonly admission: Admission;
  readonly run: RunRecord;
}

/** Why a launch gets another run. */
export type Reason = Pick<NonNullable<Launch['rerun']>, 'why' | 'reason' | 'was' | 'to'>;

/**
 * Plans the next run of a launch. Its deadline is as far from now as the first one was from the launch. Its launch hook
 * was completed at the end of the first run.
 *
 * @param admission the admission that its launch would get today
 * @param run its latest run
 * @param now milliseconds since the epoch
 */
export function planRerun(
  { launch, request, refused }: Admission,
  run: RunRecord,
  why: Reason,
  now: number,
): Admission {
  const { hook: _, ...rest } = launch;
  const released = wasReleased(run) || run.operatorAct?.opened === true;
  const rerun = { ...why, released, attempt: attemptOf(run) + 1 };
  const asked = request === undefined ? {} : { request };
  return { launch: { ...rest, ...fromNow(launch, now), rerun }, ...asked, ...(refused && { refused }) };
}

/**
 * Plans the run that an operator asked for, beside all others: dispatch tries one node at a time while the breaker is
 * open.
 *
 * @param admission the admission that the launch would get today
 * @param run its latest run
 * @param versions the configured versions: one that is withdrawn by now gets no new proof
 * @returns undefined if the act asks for no run, or for one that is not possible
 */
export function planRequestedRun(
  admission: Admission,
  run: RunRecord,
  versions: Versions,
  now: number,
): Admission | undefined {
  const { operatorAct, ...before } = run;
  if (operatorAct === undefined || !asksForRun(operatorAct)) return undefined;
  const { act, by, because } = operatorAct;
  const why = { why: act === 'verify' ? 'verify' : 'retry', reason: claimText(`${by}: ${because}`) } as const;
  if (act === 'retry') return planRerun(admission, run, why, now);
  const { refused: _, ...ours } = admission;
  if (run.request === undefined || refusalOf('verify', before) !== undefined) return undefined;
  if (versionRefusal(run.request, versions) !== undefined) return undefined;
  return planRerun({ ...ours, request: run.request }, run, why, now);
}

/** Moves the deadline of a launch, so that it is as far from now as it was from the launch. */
export function fromNow({ deadline, launchedAt }: Launch, now: number): Pick<Launch, 'deadline'> {
  return { deadline: new Date(now + Date.parse(deadline) - Date.parse(launchedAt)).toISOString() };
}

/** Whether a node has rested since its latest run. The first run needs no rest, because any drift since then is new. */
export function hasRested(run: RunRecord, now: number): boolean {
  const attempt = attemptOf(run);
  return attempt === 0 || now - Date.parse(run.endedAt ?? '') >= doubledPause(rests, attempt - 1);
}

/**
 * Whether a run ended as held: the breaker was open, or there was no disposition. Not if the run was a re-verification
 * that was never tried, or that of a rollout, which decides about its nodes itself.
 */
export function isHeld({ ending, outcome, launch }: RunRecord): boolean {
  if (launch?.rerun?.why === 'rollout') return false;
  return ending === 'held' && !(launch !== undefined && isReverification(launch) && outcome === 'breaker-open');
}

/**
 * Decides which held nodes are tried again: all whose breaker is closed, and for each open breaker the one that has
 * waited longest, unless another is being tried. Without this, a pool with only held nodes would stay so: its
 * autoscaler waits for them and launches no node that could be tried.
 *
 * @param runs the latest runs of all instances on the page
 * @param breakers by their partition key
 */
export function decideRetries(
  held: readonly Rerun[],
  runs: Iterable<RunRecord>,
  breakers: ReadonlyMap<string, Breaker>,
  now: number,
): Rerun[] {
  const tried = new Set([...runs].filter(isRetrying).map((run) => breakerKey(scopeOf(run, run.request)).instanceId));
  const byScope = Map.groupBy(
    held,
    ({ admission: { launch, request } }) => breakerKey(scopeOf(launch, request)).instanceId,
  );
  return [...byScope].flatMap(([key, ofScope]) => {
    const open = isOpen(breakers.get(key));
    if (open && tried.has(key)) return [];
    const rested = ofScope
      .filter(({ run }) => hasRested(run, now) && (!open || now - Date.parse(run.endedAt ?? '') >= rests.firstMs))
      .toSorted((a, b) => (a.run.endedAt ?? '').localeCompare(b.run.endedAt ?? ''));
    return open ? rested.slice(0, 1) : rested;
  });
}

/** Whether a run is a retry of a held node that has not ended yet. */
function isRetrying({ launch, outcome }: RunRecord): boolean {
  return launch?.rerun?.why === 'held' && outcome === undefined;
}

function attemptOf({ launch }: RunRecord): number {
  return launch?.rerun?.attempt ?? 0;
}

import { terminationStates } from '../../domain/events.ts';
import type { Admissible } from '../../domain/function-settings.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { Versions } from '../../domain/tags.ts';
import { type Candidate, classifyLaunch, isNode, isStale } from '../admission/decide.ts';
import { isHeld, planRequestedRun, planRerun, type Rerun } from './decide-reruns.ts';

/** What to do about one tagged instance. */
export type InstanceDecision =
  /** No event reported its launch. */
  | { readonly step: 'admit'; readonly admission: Admission }
  /** Its command has had no result for too long. */
  | { readonly step: 'poll'; readonly run: RunRecord }
  /** Its instance is going away, and its run has no end. */
  | { readonly step: 'discard'; readonly run: RunRecord; readonly state: string }
  /** It is past its deadline and has no end. */
  | { readonly step: 'end'; readonly run: RunRecord }
  /** The breaker held it, and it could be tried again. */
  | { readonly step: 'retry'; readonly rerun: Rerun }
  /** An operator asked for another run. */
  | { readonly step: 'rerun'; readonly rerun: Rerun }
  | { readonly step: 'leave'; readonly because: 'not-ours' | 'ended' | 'under-way' | 'young' | 'late' | 'by-hand' };

/**
 * How old a launch must be before its event counts as lost, in milliseconds: the event of a newer one may still be in
 * the queue.
 */
const missedAfterMs = 120_000;

/**
 * How long after its claim a command is polled in SSM, in milliseconds: by then most commands have ended, and their
 * events have arrived.
 */
const overdueAfterMs = 180_000;

/**
 * How long after its claim a command of an ended run is still polled, in milliseconds. Otherwise it could be polled
 * forever.
 */
const unansweredAfterMs = 3_600_000;

/** How long after its deadline reconcile ends a run, in milliseconds: its own execution may still be ending it. */
const strandedAfterMs = 20 * 60_000;

/**
 * Builds the admission of a tagged instance, as its event would.
 *
 * @param run the record of the launch's latest run
 * @param now milliseconds since the epoch
 * @returns undefined if Airlock does not manage the instance
 */
export function admissionOf(
  instance: Candidate,
  run: RunRecord | undefined,
  config: Admissible,
  now: number,
): Admission | undefined {
  const { instanceId, launchedAt } = instance;
  // An admitted launch is managed until its end, whatever state its instance has.
  const seen = run === undefined ? instance : { ...instance, state: 'running' };
  const decision = classifyLaunch({ instanceId, at: launchedAt }, seen, config, now);
  if (decision.step !== 'admit') return undefined;
  const { admission } = decision;
  return run === undefined && !isNode(instance, admission.launch, config) ? undefined : admission;
}

/**
 * Decides about one tagged instance.
 *
 * @param run the record of the launch's latest run
 * @param admission its admission by {@link admissionOf}
 * @param versions the configured versions
 * @param now milliseconds since the epoch
 */
export function decideInstance(
  instance: Candidate,
  run: RunRecord | undefined,
  admission: Admission | undefined,
  versions: Versions,
  now: number,
): InstanceDecision {
  const { launchedAt } = instance;
  if (admission === undefined) return { step: 'leave', because: 'not-ours' };
  const launch = run?.launch ?? admission.launch;
  const left = Date.parse(launch.deadline) - now;
  if (run?.admittedAt === undefined) {
    if (now - Date.parse(launchedAt) < missedAfterMs) return { step: 'leave', because: 'young' };
    // A started admission is completed. Otherwise, an instance that was in service before it was tagged or before
    // Airlock was deployed has no gate and must not be judged.
    const begun = run?.launch !== undefined;
    return begun || !isStale(launch, now) ? { step: 'admit', admission } : { step: 'leave', because: 'late' };
  }
  // An instance that `remediation` terminates is not lost.
  if (run.outcome === undefined && run.replacingAt === undefined && terminationStates.includes(instance.state)) {
    return { step: 'discard', run, state: instance.state };
  }
  if (run.outcome === undefined && left < -strandedAfterMs) return { step: 'end', run };
  if (run.outcome !== undefined && run.operatorAct !== undefined) {
    const requested = instance.state === 'running' ? planRequestedRun(admission, run, versions, now) : undefined;
    return requested === undefined
      ? { step: 'leave', because: 'by-hand' }
      : { step: 'rerun', rerun: { admission: requested, run } };
  }
  if (isOverdue(run, now)) return { step: 'poll', run };
  if (isHeld(run) && instance.state === 'running' && admission.request !== undefined) {
    const reason = `${run.outcome}, while the breaker was open`;
    const why = { why: 'held', reason } as const;
    return { step: 'retry', rerun: { admission: planRerun(admission, run, why, now), run } };
  }
  return { step: 'leave', because: run.outcome === undefined ? 'under-way' : 'ended' };
}

/**
 * Whether the current attempt was claimed long ago and has no answer. A released claim has no time. If the run has
 * ended, the answer is still missing in the audit trail: a function may have died between answering and publishing.
 */
function isOverdue({ token, settledToken, claimedAt, outcome }: RunRecord, now: number): boolean {
  if (token === undefined || token === settledToken || claimedAt === undefined) return false;
  const age = now - Date.parse(claimedAt);
  return age >= overdueAfterMs && (outcome === undefined || age < unansweredAfterMs);
}

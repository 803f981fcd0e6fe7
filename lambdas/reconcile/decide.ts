import { terminationStates } from '../../domain/events.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { type Admissible, type Candidate, classifyLaunch, isNode, isStale } from '../admission/decide.ts';
import { type Held, isHeld, planRerun } from './decide-reruns.ts';

/** What is to be done about one tagged instance. */
export type InstanceDecision =
  /** No event told us of its launch. */
  | { readonly step: 'admit'; readonly admission: Admission }
  /** Its command has not been heard of for too long. */
  | { readonly step: 'ask'; readonly run: RunRecord }
  /** Its instance is going away, and it has no end. */
  | { readonly step: 'discard'; readonly instanceId: string; readonly state: string }
  /** It is past its deadline and has no end. */
  | { readonly step: 'end'; readonly run: RunRecord }
  /** The breaker held it, and it could be tried once more. */
  | { readonly step: 'retry'; readonly held: Held }
  | { readonly step: 'leave'; readonly because: 'not-ours' | 'ended' | 'under-way' | 'young' | 'late' };

/** How old a launch is before its event counts as lost, in milliseconds: a younger one is still on its way through the queue. */
const missedAfterMs = 120_000;

/** How long ago a command was claimed before SSM is asked for it, in milliseconds: most have ended by then, and their events have come. */
const overdueAfterMs = 180_000;

/** How long ago a command of an ended node was claimed until no one asks for it any more, in milliseconds: it could be asked for without end. */
const unansweredAfterMs = 3_600_000;

/** How far past its deadline a node is ended from here, in milliseconds: its own execution may be at its end still. */
const strandedAfterMs = 20 * 60_000;

/**
 * Decides about one tagged instance.
 *
 * @param run what the ledger has of the latest way in this launch
 * @param now milliseconds since the epoch
 */
export function decideInstance(
  instance: Candidate,
  run: RunRecord | undefined,
  config: Admissible,
  now: number,
): InstanceDecision {
  const { instanceId, launchedAt } = instance;
  // What was admitted is ours to the end, whatever has become of the instance.
  const seen = run === undefined ? instance : { ...instance, state: 'running' };
  const decision = classifyLaunch({ instanceId, at: launchedAt }, seen, config, now);
  if (decision.decision !== 'admit') return { step: 'leave', because: 'not-ours' };
  const { admission } = decision;
  if (run === undefined && !isNode(instance, admission.launch, config)) return { step: 'leave', because: 'not-ours' };
  const launch = run?.launch ?? admission.launch;
  const left = Date.parse(launch.deadline) - now;
  if (run?.admittedAt === undefined) {
    if (now - Date.parse(launchedAt) < missedAfterMs) return { step: 'leave', because: 'young' };
    // What was begun is finished. Else an instance that was in service before it was tagged, or before Airlock came, is not held back by a gate, and
    // not to be judged.
    const begun = run?.launch !== undefined;
    return begun || !isStale(launch, now) ? { step: 'admit', admission } : { step: 'leave', because: 'late' };
  }
  // An instance that `remediation` ends is not one that was lost.
  if (run.outcome === undefined && run.replacingAt === undefined && terminationStates.includes(instance.state)) {
    return { step: 'discard', instanceId, state: instance.state };
  }
  if (run.outcome === undefined && left < -strandedAfterMs) return { step: 'end', run };
  if (isOverdue(run, now)) return { step: 'ask', run };
  if (isHeld(run) && instance.state === 'running' && admission.request !== undefined) {
    const reason = `${run.outcome}, while the breaker was open`;
    const why = { why: 'held', reason } as const;
    return { step: 'retry', held: { admission: planRerun(admission, run, why, now), run } };
  }
  return { step: 'leave', because: run.outcome === undefined ? 'under-way' : 'ended' };
}

/**
 * Whether the current attempt was claimed long ago and has no answer. A claim that was given back has no time. If the node has ended, the
 * answer is still owed to the audit trail: someone may have died between giving and telling it.
 */
function isOverdue({ token, settledToken, claimedAt, outcome }: RunRecord, now: number): boolean {
  if (token === undefined || token === settledToken || claimedAt === undefined) return false;
  const age = now - Date.parse(claimedAt);
  return age >= overdueAfterMs && (outcome === undefined || age < unansweredAfterMs);
}

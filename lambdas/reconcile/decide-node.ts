import type { RunRecord } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { asksForRun, type OperatorAct } from '../../domain/operator-acts.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { isStale } from '../admission/decide.ts';
import { fromNow, hasRested, planRerun, type Rerun } from './decide-reruns.ts';

/** A managed instance, as EC2 and the ledger have it. */
export interface ManagedLaunch {
  /** The admission that its launch would get today. */
  readonly admission: Admission;
  /** The latest run of this launch. */
  readonly run: RunRecord | undefined;
  /** The value of its tag `airlock:runtime`. */
  readonly tag?: string | undefined;
}

/** What to do about one Node in a cluster. */
export type NodeDecision =
  /** It is behind its gate, and no event reported its launch in time. */
  | { readonly step: 'admit'; readonly admission: Admission }
  /** It has another version than new launches get, and this is not published yet. */
  | { readonly step: 'outdated'; readonly ours: ManagedLaunch; readonly version: string; readonly configured: string }
  /** It has a withdrawn version that its tag names, so that no rollout moves it, and this is not published yet. */
  | { readonly step: 'pinned'; readonly ours: ManagedLaunch; readonly tag: string; readonly because: string }
  /**
   * It accepts pods although its proof no longer holds, or it registered again and has its gate back. The run is absent
   * if a re-verification ended recently.
   */
  | { readonly step: 'drifted'; readonly rerun: Rerun | undefined }
  /** It accepts pods although an operator closed its gate by hand. No run follows: only an operator opens it. */
  | { readonly step: 'reopened'; readonly run: RunRecord; readonly act: OperatorAct; readonly isReported: boolean }
  /** It is behind a gate that nothing will lift: its instance does not have the tag `airlock:runtime`. */
  | { readonly step: 'unclaimed' }
  /** It names an instance that belongs to another Node or cluster: a kubelet writes its own Node's providerID. */
  | { readonly step: 'foreign'; readonly nodeName: string; readonly because: string }
  | { readonly step: 'leave'; readonly because: 'under-way' | 'current' | 'published' | 'unknown' | 'by-hand' };

/** A Node that is open although an operator closed it. */
export type Reopened = Extract<NodeDecision, { readonly step: 'reopened' }>;

/** How old a gated Node must be before its instance counts as untagged, in milliseconds: tags may follow the launch. */
const unclaimedAfterMs = 10 * 60_000;

/**
 * Decides about one Node in a cluster. A kubelet writes much of what the Node shows, so only the ledger decides what
 * was released, and with which runtime.
 *
 * @param cluster the cluster of the Node
 * @param ours its instance, if that is managed
 * @param now milliseconds since the epoch
 */
export function decideNode(
  cluster: string,
  node: SurveyedNode,
  ours: ManagedLaunch | undefined,
  now: number,
): NodeDecision {
  if (ours === undefined) {
    const old = now - Date.parse(node.createdAt) > unclaimedAfterMs;
    return node.state === 'gated' && old ? { step: 'unclaimed' } : { step: 'leave', because: 'unknown' };
  }
  const { admission, run } = ours;
  const because = whyForeign(cluster, node, ours);
  if (because !== undefined) return { step: 'foreign', nodeName: node.nodeName, because };
  if (run?.admittedAt === undefined) {
    const late = isStale(admission.launch, now);
    return node.state === 'gated' && late
      ? {
          step: 'admit',
          admission: { ...admission, launch: { ...admission.launch, ...fromNow(admission.launch, now) } },
        }
      : { step: 'leave', because: 'unknown' };
  }
  const released = run.ending === 'released' || run.launch?.rerun?.released === true;
  if (run.outcome === undefined) return { step: 'leave', because: 'under-way' };
  // What an operator did by hand stays until an operator asks for another run.
  if (run.operatorAct !== undefined) return decideByHand(node, run, run.operatorAct, now);
  if (!released || run.request === undefined) return { step: 'leave', because: 'under-way' };
  if (node.state === 'drifted') return { step: 'drifted', rerun: planReverification(node.reason, ours, now) };
  if (hasRegisteredAgain(node, run))
    return { step: 'drifted', rerun: planReverification('its Node registered again after the release', ours, now) };
  const { request: wanted, refused } = admission;
  const { request } = run;
  const pin = `${request.runtime}@${request.version}`;
  if (node.state === 'released' && refused?.outcome === 'version-withdrawn' && ours.tag === pin) {
    if (run.outdatedFor === pin) return { step: 'leave', because: 'published' };
    return { step: 'pinned', ours, tag: pin, because: refused.detail };
  }
  if (node.state !== 'released' || wanted?.runtime !== request.runtime || wanted.version === request.version) {
    return { step: 'leave', because: 'current' };
  }
  if (run.outdatedFor === wanted.version) return { step: 'leave', because: 'published' };
  return { step: 'outdated', ours, version: request.version, configured: wanted.version };
}

/**
 * How long after an act its Node may still be open, in milliseconds: the act is recorded before the Node is changed.
 */
const closesWithinMs = 2 * 60_000;

/**
 * Decides about a Node after an act. A gate that was closed by hand stays closed until an operator asks for another
 * run.
 */
function decideByHand({ state }: SurveyedNode, run: RunRecord, act: OperatorAct, now: number): NodeDecision {
  const isClosed = state === 'gated' || state === 'quarantined' || act.act === 'release' || asksForRun(act);
  // The time of an act is from the clock of the operator.
  if (isClosed || Math.abs(now - Date.parse(act.at)) < closesWithinMs) return { step: 'leave', because: 'by-hand' };
  return { step: 'reopened', run, act, isReported: run.reopenedFor === act.at };
}

/** Why a Node does not belong to the instance that it names; undefined if it does. */
function whyForeign(cluster: string, node: SurveyedNode, { admission, run }: ManagedLaunch): string | undefined {
  const { cluster: home, providerId, instanceId } = admission.launch;
  if (home !== cluster) return `${instanceId} belongs to the cluster ${home}`;
  if (providerId !== node.providerId) return `${instanceId} has the providerID ${providerId}`;
  const name = releasedNameOf(run);
  return name === undefined || name === node.nodeName ? undefined : `${instanceId} was released as the Node ${name}`;
}

/** The name of the released Node, according to the ledger; undefined if none was released. */
function releasedNameOf(run: RunRecord | undefined): string | undefined {
  return run?.ending === 'released' ? run.receipt?.nodeName : undefined;
}

/**
 * Whether the Node was deleted after its release, and created again with the taint that its kubelet gives it. Nothing
 * else would lift that. The API server sets the time of creation.
 */
function hasRegisteredAgain({ state, createdAt }: SurveyedNode, { ending, endedAt = '' }: RunRecord): boolean {
  return state === 'gated' && ending === 'released' && Date.parse(createdAt) > Date.parse(endedAt);
}

/** Plans a re-verification, with the version that was sent to the node according to the ledger. */
function planReverification(reason: string, { admission, run }: ManagedLaunch, now: number): Rerun | undefined {
  if (run?.request === undefined || !hasRested(run, now)) return undefined;
  const why = { why: 'drifted', reason } as const;
  return { admission: planRerun({ ...admission, request: run.request }, run, why, now), run };
}

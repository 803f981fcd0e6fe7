import type { RunRecord } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { isStale } from '../admission/decide.ts';
import { fromNow, hasRested, planRerun } from './decide-reruns.ts';

/** An instance of ours, as EC2 and the ledger have it. */
export interface ManagedLaunch {
  /** What its launch would be admitted as today. */
  readonly admission: Admission;
  /** The latest way in this launch. */
  readonly run: RunRecord | undefined;
}

/** What is to be done about one Node that a cluster shows. */
export type NodeDecision =
  /** It stands behind its gate, and no event told us in time that its instance was launched. */
  | { readonly step: 'admit'; readonly admission: Admission }
  /** It has another version than new launches would get, which no one was told yet. */
  | { readonly step: 'outdated'; readonly ours: ManagedLaunch; readonly version: string; readonly configured: string }
  /** It takes pods although what its release stood on is gone; the admission is absent if it has just been re-verified, or could not be. */
  | { readonly step: 'drifted'; readonly admission: Admission | undefined }
  /** It stands behind a gate that no one will lift: its instance has no tag of ours. */
  | { readonly step: 'unclaimed' }
  /** It names an instance that is another Node's, or another cluster's: a kubelet writes the providerID of its Node. */
  | { readonly step: 'foreign'; readonly nodeName: string; readonly because: string }
  | { readonly step: 'leave'; readonly because: 'under-way' | 'well' | 'told' | 'unknown' };

/** How old a gated Node is before its instance counts as one that no one tagged, in milliseconds: tags may follow the launch. */
const unclaimedAfterMs = 10 * 60_000;

/**
 * Decides about one Node of a cluster. A kubelet writes much of what the Node shows, so what was released, and as what, is what the ledger says.
 *
 * @param cluster the cluster that shows the Node
 * @param ours its instance, if that is one of ours
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
  const { admission, run: row } = ours;
  const because = whyForeign(cluster, node, ours);
  if (because !== undefined) return { step: 'foreign', nodeName: node.nodeName, because };
  if (row?.admittedAt === undefined) {
    const late = isStale(admission.launch, now);
    return node.state === 'gated' && late
      ? {
          step: 'admit',
          admission: { ...admission, launch: { ...admission.launch, ...fromNow(admission.launch, now) } },
        }
      : { step: 'leave', because: 'unknown' };
  }
  const released = row.ending === 'released' || row.launch?.rerun?.released === true;
  if (row.outcome === undefined || !released || row.request === undefined) {
    return { step: 'leave', because: 'under-way' };
  }
  if (node.state === 'drifted') return { step: 'drifted', admission: planReverification(node, ours, now) };
  const wanted = admission.request;
  const { request } = row;
  if (node.state !== 'released' || wanted?.runtime !== request.runtime || wanted.version === request.version) {
    return { step: 'leave', because: 'well' };
  }
  if (row.outdatedFor === wanted.version) return { step: 'leave', because: 'told' };
  return { step: 'outdated', ours, version: request.version, configured: wanted.version };
}

/** Why a Node is not that of the instance that it names; undefined if it is. */
function whyForeign(cluster: string, node: SurveyedNode, { admission, run: row }: ManagedLaunch): string | undefined {
  const { cluster: home, providerId, instanceId } = admission.launch;
  if (home !== cluster) return `${instanceId} belongs to the cluster ${home}`;
  if (providerId !== node.providerId) return `${instanceId} has the providerID ${providerId}`;
  const name = releasedNameOf(row);
  return name === undefined || name === node.nodeName ? undefined : `${instanceId} was released as the Node ${name}`;
}

/** The name of the Node that was released, as the ledger has it; undefined if none was. */
function releasedNameOf(run: RunRecord | undefined): string | undefined {
  return run?.ending === 'released' ? run.receipt?.nodeName : undefined;
}

/** What a node is re-verified with: the release that the ledger knows it was sent. */
function planReverification(
  node: SurveyedNode,
  { admission, run: row }: ManagedLaunch,
  now: number,
): Admission | undefined {
  if (row?.request === undefined || !hasRested(row, now)) return undefined;
  return planRerun({ ...admission, request: row.request }, row, { why: 'drifted', reason: node.reason }, now);
}

import { type LedgerRow, launchTimeOf } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { isStale } from '../admit/decide.ts';
import { fromNow, hasRested, nextWay } from './decide-again.ts';

/** An instance of ours, as EC2 and the ledger have it. */
export interface Ours {
  /** What its launch would be admitted as today. */
  readonly admission: Admission;
  /** The latest way in this launch. */
  readonly row: LedgerRow | undefined;
}

/** What is to be done about one Node that a cluster shows. */
export type NodeStep =
  /** It stands behind its gate, and no event told us in time that its instance was launched. */
  | { readonly step: 'admit'; readonly admission: Admission }
  /** It has another release than new launches would get, which nobody was told yet. */
  | { readonly step: 'outdated'; readonly ours: Ours; readonly release: string; readonly configured: string }
  /** It takes pods although what its release stood on is gone; the admission is absent where it has just been proven anew, or could not be. */
  | { readonly step: 'drifted'; readonly admission: Admission | undefined }
  /** It stands behind a gate that nobody will lift: its instance has no tag of ours. */
  | { readonly step: 'unclaimed' }
  | { readonly step: 'leave'; readonly because: 'under-way' | 'well' | 'told' | 'unknown' };

/** How old a gated Node is before its instance counts as one that nobody tagged, in milliseconds: tags may follow the launch. */
const unclaimedAfterMs = 10 * 60_000;

/**
 * Decides about one Node of a cluster.
 *
 * @param ours its instance, if that is one of ours
 * @param now milliseconds since the epoch
 */
export function lookAtNode(node: SurveyedNode, ours: Ours | undefined, now: number): NodeStep {
  if (ours === undefined) {
    const old = now - Date.parse(node.createdAt) > unclaimedAfterMs;
    return node.state === 'gated' && old ? { step: 'unclaimed' } : { step: 'leave', because: 'unknown' };
  }
  const { admission, row } = ours;
  if (row?.admittedAt === undefined) {
    const late = isStale(admission.node, now);
    return node.state === 'gated' && late
      ? { step: 'admit', admission: { ...admission, node: { ...admission.node, ...fromNow(admission.node, now) } } }
      : { step: 'leave', because: 'unknown' };
  }
  const { receipt } = node;
  const ofThisLaunch = receipt !== undefined && Date.parse(receipt.launchedAt) === Date.parse(launchTimeOf(row));
  if (row.outcome === undefined || !ofThisLaunch || receipt.runtime === undefined || receipt.release === undefined) {
    return { step: 'leave', because: 'under-way' };
  }
  const request = { runtime: receipt.runtime, release: receipt.release };
  if (node.state === 'drifted') return { step: 'drifted', admission: provenAnew(node, receipt.endedAt, ours, now) };
  const wanted = admission.request;
  if (node.state !== 'released' || wanted?.runtime !== request.runtime || wanted.release === request.release) {
    return { step: 'leave', because: 'well' };
  }
  if (row.outdatedFor === wanted.release) return { step: 'leave', because: 'told' };
  return { step: 'outdated', ours, release: request.release, configured: wanted.release };
}

/** What a node is proven anew with: the release that the ledger knows it was sent, for a kubelet can write what it likes into the receipt. */
function provenAnew(
  node: SurveyedNode,
  supersedes: string,
  { admission, row }: Ours,
  now: number,
): Admission | undefined {
  if (row?.request === undefined || !hasRested(row, now)) return undefined;
  return nextWay({ ...admission, request: row.request }, row, { why: 'drifted', reason: node.reason, supersedes }, now);
}

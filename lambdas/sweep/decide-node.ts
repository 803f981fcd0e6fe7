import type { LedgerRow } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { Request } from '../../domain/node.ts';
import type { SurveyedNode } from '../../domain/survey.ts';

/** An instance of ours, as EC2 and the ledger have it. */
export interface Ours {
  /** What its launch would be admitted as today. */
  readonly admission: Admission;
  readonly row: LedgerRow | undefined;
}

/** What is to be done about one Node that a cluster shows. */
export type NodeStep =
  /** It stands behind its gate, and no event told us in time that its instance was launched. */
  | { readonly step: 'admit'; readonly admission: Admission }
  /** It has another release than new launches would get, which nobody was told yet. */
  | { readonly step: 'outdated'; readonly ours: Ours; readonly release: string; readonly configured: string }
  /** It takes pods although what its release stood on is gone. */
  | { readonly step: 'drifted'; readonly ours: Ours; readonly request: Request; readonly reason: string }
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
    const late = Date.parse(admission.node.deadline) <= now;
    return node.state === 'gated' && late
      ? { step: 'admit', admission: fromNow(admission, now) }
      : { step: 'leave', because: 'unknown' };
  }
  const { receipt } = node;
  const ofThisLaunch = receipt !== undefined && Date.parse(receipt.launchedAt) === Date.parse(row.launchedAt);
  if (row.outcome === undefined || !ofThisLaunch || receipt.runtime === undefined || receipt.release === undefined) {
    return { step: 'leave', because: 'under-way' };
  }
  const request = { runtime: receipt.runtime, release: receipt.release };
  if (node.state === 'drifted') return { step: 'drifted', ours, request, reason: node.reason };
  const wanted = admission.request;
  if (node.state !== 'released' || wanted?.runtime !== request.runtime || wanted.release === request.release) {
    return { step: 'leave', because: 'well' };
  }
  if (row.outdatedFor === wanted.release) return { step: 'leave', because: 'told' };
  return { step: 'outdated', ours, release: request.release, configured: wanted.release };
}

/** A node that was found late has as long from now as it would have had from its launch. */
function fromNow(admission: Admission, now: number): Admission {
  const { node } = admission;
  const allowed = Date.parse(node.deadline) - Date.parse(node.launchedAt);
  return { ...admission, node: { ...node, deadline: new Date(now + allowed).toISOString() } };
}

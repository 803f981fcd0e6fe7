import {
  type ClusterNode,
  gateKindOf,
  type PatchOperation,
  poolLabel,
  quarantineKey,
  receiptOn,
  releaseOn,
  stateLabel,
} from '../../domain/kubernetes.ts';
import type { NodeCall } from '../../domain/messages.ts';
import type { Node } from '../../domain/node.ts';
import type { Proof, Receipt } from '../../domain/receipt.ts';
import { type Waiting, waitingFor } from './guards.ts';
import { quarantinePatch, releasePatch } from './patch.ts';
import { publish } from './publish.ts';
import { failedReceipt, releasedReceipt } from './receipts.ts';

/** A call to release a node. */
export type ReleaseCall = Extract<NodeCall, { action: 'release' }>;
/** A call to quarantine a node. */
export type QuarantineCall = Extract<NodeCall, { action: 'quarantine' }>;

/** What is to be done with a Node. */
export type Decision =
  /** It is done already: this is its receipt, and nothing changes. */
  | { readonly kind: 'done'; readonly receipt: Receipt }
  | {
      readonly kind: 'patch';
      /** What is written into the status, before the rest; empty where nothing is. */
      readonly statusPatch: readonly PatchOperation[];
      readonly patch: readonly PatchOperation[];
      readonly receipt: Receipt;
      readonly runtime: string;
    };

/** What a decision depends on beside the call and the Node. */
export interface Circumstances {
  readonly gateKey: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a release depends on beside the call and the Node. */
export interface ReleaseCircumstances extends Circumstances {
  /** How the runtime was proven in this launch; undefined where a pod has still to prove it. */
  readonly proof: Proof | undefined;
}

/** Decides about the release of a Node that is the one of this launch. */
export function decideRelease(
  node: ClusterNode,
  { node: launch, installation }: ReleaseCall,
  { gateKey, now, proof }: ReleaseCircumstances,
): Decision | { readonly kind: 'prove' } | ({ readonly kind: 'wait' } & Waiting) {
  const published = gateKindOf(gateKey) === 'readiness';
  const open = published ? node.published?.status === 'True' : !hasTaint(node, gateKey);
  const before = releaseOn(node, launch);
  if (before !== undefined && !isEarlier(before, launch) && open && !hasTaint(node, quarantineKey))
    return { kind: 'done', receipt: before };
  const waiting = waitingFor(node, installation);
  if (waiting !== undefined) return { kind: 'wait', ...waiting };
  if (proof === undefined) return { kind: 'prove' };
  const seen = hasTaint(node, gateKey) || (published && open);
  const detail = seen || before !== undefined ? '' : `the gate ${gateKey} was not on the Node when it was released`;
  const receipt = releasedReceipt({ ...launch, nodeName: node.name }, { installation, proof }, detail, now);
  const patch = releasePatch(node, gateKey, installation.runtime, receipt);
  const statusPatch = published ? publish(node, receipt) : [];
  return { kind: 'patch', statusPatch, patch, receipt, runtime: installation.runtime };
}

/**
 * Decides about the quarantine of a Node that is the one of this launch. A released one is left alone, unless it could not be proven anew; and
 * that one, too, where nobody tried.
 */
export function decideQuarantine(
  node: ClusterNode,
  { node: launch, failure, breakerOpen = false }: QuarantineCall,
  { gateKey, now }: Circumstances,
): Decision {
  const released = releaseOn(node, launch);
  if (released !== undefined && !isEarlier(released, launch)) return { kind: 'done', receipt: released };
  if (released !== undefined && failure.outcome === 'breaker-open') {
    const untried = failedReceipt({ ...launch, nodeName: node.name }, failure, { more: 'it stays as it is' }, now);
    return { kind: 'done', receipt: untried };
  }
  const before = receiptOn(node, launch);
  const published = gateKindOf(gateKey) === 'readiness';
  const closed = published ? node.published?.status === 'False' : hasTaint(node, gateKey);
  const given = breakerOpen || hasTaint(node, quarantineKey);
  const marked = closed && given && node.labels?.[stateLabel] === 'quarantined';
  if (before?.outcome === failure.outcome && marked && !isEarlier(before, launch))
    return { kind: 'done', receipt: before };
  const lifted = published ? node.published?.status === 'True' : !hasTaint(node, gateKey);
  const found = released === undefined ? 'put-back' : 'returned';
  const how = { 'put-back': 'had been lifted without a proof and', returned: 'stood open and' }[found];
  const more = lifted ? `the gate ${gateKey} ${how} was put back` : '';
  const gate = lifted ? found : (before?.gate ?? 'kept');
  const receipt = failedReceipt({ ...launch, nodeName: node.name }, failure, { more, gate }, now);
  const patch = quarantinePatch(node, gateKey, receipt, breakerOpen);
  const statusPatch = published ? publish(node, receipt) : [];
  return { kind: 'patch', statusPatch, patch, receipt, runtime: node.labels?.[poolLabel] ?? 'unknown' };
}

/** Whether a receipt is one of an earlier way in this launch. */
function isEarlier({ endedAt }: Receipt, { again }: Node): boolean {
  return again?.supersedes === endedAt;
}

function hasTaint(node: ClusterNode, key: string): boolean {
  return node.taints?.some((taint) => taint.key === key) ?? false;
}

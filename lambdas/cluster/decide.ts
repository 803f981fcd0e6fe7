import {
  type ClusterNode,
  gateKindOf,
  type PatchOperation,
  poolLabel,
  provenLabel,
  quarantineKey,
  receiptOn,
} from '../../domain/kubernetes.ts';
import type { NodeCall } from '../../domain/messages.ts';
import type { Proof, Receipt } from '../../domain/receipt.ts';
import { type Waiting, waitingFor, waitingForPod } from './guards.ts';
import { labelPatch, receiptPatch, releasePatch, taintPatch } from './patch.ts';
import { publish } from './publish.ts';
import { failedReceipt, releasedReceipt } from './receipts.ts';

/** A call to release a node. */
export type ReleaseCall = Extract<NodeCall, { action: 'release' }>;
/** A call to quarantine a node. */
export type QuarantineCall = Extract<NodeCall, { action: 'quarantine' }>;

/** What to write on a Node. */
export interface Writing {
  /** The patch of the status, applied first; empty if there is none. */
  readonly statusPatch: readonly PatchOperation[];
  readonly receipt: Receipt;
  readonly runtime: string;
}

/** A release: one patch for label, receipt and gate. */
export type Release = Writing & { readonly step: 'release'; readonly patch: readonly PatchOperation[] };

/** Removes the label of an earlier release from a Node behind its gate, before a new release. */
export interface TakeBack {
  readonly step: 'take-back';
  readonly patch: readonly PatchOperation[];
}

/** A quarantine: first the taints that keep pods away, then the labels, with the receipt if it fits. */
export type Quarantine = Writing & {
  readonly step: 'quarantine';
  readonly taints: readonly PatchOperation[];
  readonly labels: readonly PatchOperation[];
  readonly note: readonly PatchOperation[];
};

/** What a decision depends on, besides the call and the Node. */
export interface Circumstances {
  readonly gateKey: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a release depends on, besides the call and the Node. */
export interface ReleaseCircumstances extends Circumstances {
  /** The proof in this call; undefined if a pod still has to prove the runtime. */
  readonly proof: Proof | undefined;
}

/** What a quarantine depends on, besides the call and the Node. */
export interface QuarantineCircumstances extends Circumstances {
  /** The state of the gate at an earlier poll of this call, if it was open before that poll wrote. */
  readonly found?: Receipt['gate'];
}

/**
 * Decides about the release of this launch's Node. Marks on the Node are no proof, because a kubelet may have written
 * them. A call that repeats an interrupted one proves the node again.
 */
export function decideRelease(
  node: ClusterNode,
  { launch, installation }: ReleaseCall,
  { gateKey, now, proof }: ReleaseCircumstances,
): Release | TakeBack | { readonly step: 'prove' } | ({ readonly step: 'wait' } & Waiting) {
  const published = gateKindOf(gateKey) === 'readiness';
  const standing = node.labels?.[provenLabel] !== undefined;
  // The policies allow lifting the gate only together with a new label.
  if (standing && !published && hasTaint(node, gateKey))
    return { step: 'take-back', patch: labelPatch(node, gateKey, {}) };
  const waiting = proof?.kind === 'host' ? waitingFor(node, installation) : waitingForPod(node, installation);
  if (waiting !== undefined) return { step: 'wait', ...waiting };
  if (proof === undefined) return { step: 'prove' };
  const ours = node.labels?.[provenLabel] !== undefined || (published && node.published?.status === 'True');
  const detail = hasTaint(node, gateKey) || ours ? '' : `the gate ${gateKey} was not on the Node when it was released`;
  const stood = { installation, proof, readyAt: node.ready?.since };
  const receipt = releasedReceipt({ ...launch, nodeName: node.name, nodeUid: node.uid }, stood, detail, now);
  const patch = releasePatch(node, gateKey, installation, receipt);
  const statusPatch = published ? publish(node, receipt) : [];
  return { step: 'release', statusPatch, patch, receipt, runtime: installation.runtime };
}

/**
 * Whether a Node is in the state that a release writes: with the label that no kubelet can write, without Airlock's
 * taints, and with this exact receipt.
 */
export function isReleasedBy(node: ClusterNode, { receipt, runtime }: Release, gateKey: string): boolean {
  const closed = gateKindOf(gateKey) === 'readiness' ? node.published?.status !== 'True' : hasTaint(node, gateKey);
  if (closed || hasTaint(node, quarantineKey) || node.labels?.[provenLabel] !== runtime) return false;
  return receiptOn(node, receipt)?.endedAt === receipt.endedAt;
}

/**
 * Decides about the quarantine of a Node that names the instance of this launch. A released Node is left as it is only
 * if it drifted and no re-verification was tried. It then has the label of its release, which no kubelet can write.
 */
export function decideQuarantine(
  node: ClusterNode,
  { launch, failure, breakerOpen = false }: QuarantineCall,
  { gateKey, now, found }: QuarantineCircumstances,
): Quarantine | { readonly step: 'leave'; readonly receipt: Receipt } {
  const ref = { ...launch, nodeName: node.name, nodeUid: node.uid };
  const proven = node.labels?.[provenLabel] !== undefined;
  if (proven && launch.rerun?.released === true && failure.outcome === 'breaker-open') {
    return { step: 'leave', receipt: failedReceipt(ref, failure, { more: 'the node stays as it is' }, now) };
  }
  const published = gateKindOf(gateKey) === 'readiness';
  const lifted = published ? node.published?.status === 'True' : !hasTaint(node, gateKey);
  const how = { 'put-back': 'had been lifted without a proof and', returned: 'was open and' };
  const opened = lifted ? (proven ? 'returned' : 'put-back') : openedOn(node, launch);
  const gate = found ?? opened ?? 'kept';
  const more = gate in how ? `the gate ${gateKey} ${how[gate as keyof typeof how]} was restored` : '';
  const receipt = failedReceipt(ref, failure, { more, gate }, now);
  return {
    step: 'quarantine',
    statusPatch: published ? publish(node, receipt) : [],
    taints: taintPatch(node, gateKey, breakerOpen),
    labels: labelPatch(node, gateKey),
    note: receiptPatch(node, receipt),
    receipt,
    runtime: node.labels?.[poolLabel] ?? 'unknown',
  };
}

/**
 * Whether an earlier call of this launch found the gate open, according to the receipt that it left. A kubelet can
 * write a receipt. It is trusted here because this one protects the instance from termination.
 */
function openedOn(node: ClusterNode, launch: ReleaseCall['launch']): 'put-back' | 'returned' | undefined {
  const gate = receiptOn(node, launch)?.gate;
  return gate === 'put-back' || gate === 'returned' ? gate : undefined;
}

/** Whether a Node has a taint of this key. */
export function hasTaint(node: ClusterNode, key: string): boolean {
  return node.taints?.some((taint) => taint.key === key) ?? false;
}

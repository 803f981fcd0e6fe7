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

/** What is written on a Node, and what it says. */
export interface Writing {
  /** What is written into the status, before the rest; empty if nothing is. */
  readonly statusPatch: readonly PatchOperation[];
  readonly receipt: Receipt;
  readonly runtime: string;
}

/** A release: label, receipt and gate in one patch. */
export type Release = Writing & { readonly kind: 'release'; readonly patch: readonly PatchOperation[] };

/** What comes before a release if the label of an earlier one stands behind the gate: it goes. */
export interface TakeBack {
  readonly kind: 'take-back';
  readonly patch: readonly PatchOperation[];
}

/** A quarantine: what keeps pods away first, then the labels, and the receipt with them if it fits. */
export type Quarantine = Writing & {
  readonly kind: 'quarantine';
  readonly taints: readonly PatchOperation[];
  readonly labels: readonly PatchOperation[];
  readonly note: readonly PatchOperation[];
};

/** What a decision depends on beside the call and the Node. */
export interface Circumstances {
  readonly gateKey: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a release depends on beside the call and the Node. */
export interface ReleaseCircumstances extends Circumstances {
  /** How the runtime was proven in this call; undefined if a pod has still to prove it. */
  readonly proof: Proof | undefined;
}

/** What a quarantine depends on beside the call and the Node. */
export interface QuarantineCircumstances extends Circumstances {
  /** How an earlier look of this call found the gate, if it stood open before that look wrote. */
  readonly found?: Receipt['gate'];
}

/**
 * Decides about the release of a Node that is the one of this launch. What stands on the Node is no proof, for a kubelet may have written it: a call
 * that comes again after one that died proves the node again.
 */
export function decideRelease(
  node: ClusterNode,
  { launch, installation }: ReleaseCall,
  { gateKey, now, proof }: ReleaseCircumstances,
): Release | TakeBack | { readonly kind: 'prove' } | ({ readonly kind: 'wait' } & Waiting) {
  const published = gateKindOf(gateKey) === 'readiness';
  const standing = node.labels?.[provenLabel] !== undefined;
  // The policies let the gate be lifted only together with a label that is new.
  if (standing && !published && hasTaint(node, gateKey))
    return { kind: 'take-back', patch: labelPatch(node, gateKey, {}) };
  const waiting = proof?.kind === 'host' ? waitingFor(node, installation) : waitingForPod(node, installation);
  if (waiting !== undefined) return { kind: 'wait', ...waiting };
  if (proof === undefined) return { kind: 'prove' };
  const ours = node.labels?.[provenLabel] !== undefined || (published && node.published?.status === 'True');
  const detail = hasTaint(node, gateKey) || ours ? '' : `the gate ${gateKey} was not on the Node when it was released`;
  const stood = { installation, proof, readyAt: node.ready?.since };
  const receipt = releasedReceipt({ ...launch, nodeName: node.name }, stood, detail, now);
  const patch = releasePatch(node, gateKey, installation, receipt);
  const statusPatch = published ? publish(node, receipt) : [];
  return { kind: 'release', statusPatch, patch, receipt, runtime: installation.runtime };
}

/** Whether a release stands on a Node as it was written: the label that no kubelet can write, our taints gone, and this very receipt. */
export function isReleasedBy(node: ClusterNode, { receipt, runtime }: Release, gateKey: string): boolean {
  const closed = gateKindOf(gateKey) === 'readiness' ? node.published?.status !== 'True' : hasTaint(node, gateKey);
  if (closed || hasTaint(node, quarantineKey) || node.labels?.[provenLabel] !== runtime) return false;
  return receiptOn(node, receipt)?.endedAt === receipt.endedAt;
}

/**
 * Decides about the quarantine of a Node that names the instance of this launch. A released one is left alone only if it drifted and no one tried
 * to prove it again: then it bears the label of its release, which no kubelet can write.
 */
export function decideQuarantine(
  node: ClusterNode,
  { launch, failure, breakerOpen = false }: QuarantineCall,
  { gateKey, now, found }: QuarantineCircumstances,
): Quarantine | { readonly kind: 'leave'; readonly receipt: Receipt } {
  const where = { ...launch, nodeName: node.name };
  const proven = node.labels?.[provenLabel] !== undefined;
  if (proven && launch.rerun?.released === true && failure.outcome === 'breaker-open') {
    return { kind: 'leave', receipt: failedReceipt(where, failure, { more: 'it stays as it is' }, now) };
  }
  const published = gateKindOf(gateKey) === 'readiness';
  const lifted = published ? node.published?.status === 'True' : !hasTaint(node, gateKey);
  const how = { 'put-back': 'had been lifted without a proof and', returned: 'stood open and' };
  const opened = lifted ? (proven ? 'returned' : 'put-back') : openedOn(node, launch);
  const gate = found ?? opened ?? 'kept';
  const more = gate in how ? `the gate ${gateKey} ${how[gate as keyof typeof how]} was put back` : '';
  const receipt = failedReceipt(where, failure, { more, gate }, now);
  return {
    kind: 'quarantine',
    statusPatch: published ? publish(node, receipt) : [],
    taints: taintPatch(node, gateKey, breakerOpen),
    labels: labelPatch(node, gateKey),
    note: receiptPatch(node, receipt),
    receipt,
    runtime: node.labels?.[poolLabel] ?? 'unknown',
  };
}

/**
 * Whether an earlier call of this launch found the gate open, by the receipt that it left. A kubelet can write that; it is believed because what it
 * says spares the instance.
 */
function openedOn(node: ClusterNode, launch: ReleaseCall['launch']): 'put-back' | 'returned' | undefined {
  const gate = receiptOn(node, launch)?.gate;
  return gate === 'put-back' || gate === 'returned' ? gate : undefined;
}

/** Whether a Node has a taint of this key. */
export function hasTaint(node: ClusterNode, key: string): boolean {
  return node.taints?.some((taint) => taint.key === key) ?? false;
}

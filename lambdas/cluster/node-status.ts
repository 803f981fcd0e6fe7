import {
  anyReceiptOn,
  type ClusterNode,
  gateKindOf,
  instanceIdOf,
  poolLabel,
  quarantineKey,
  releaseOn,
  stateLabel,
} from '../../domain/kubernetes.ts';
import type { Installation, Receipt } from '../../domain/receipt.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import type { NodeState, SurveyedNode } from '../../domain/survey.ts';
import { waitingFor } from './guards.ts';

/** What a status depends on, besides the Node. */
export interface Standard {
  readonly gateKey: string;
  /** The configured version of each runtime; a runtime without one is never outdated. */
  readonly versions: Partial<Readonly<Record<Runtime, string>>>;
  /** The time of the survey, in milliseconds since the epoch. */
  readonly now: number;
}

/**
 * How long after a release the kubelet's list of handlers is not read yet, in milliseconds. It asks containerd every 5
 * seconds and reports every 10, and a pod can start with the handler before. A kubelet that writes a later release into
 * its receipt gains nothing: the list is its own too.
 */
const listsHandlersAfterMs = 60_000;

/** Derives the status of a Node in a managed pool from the Node only, without its launch in EC2. */
export function nodeStatus(node: ClusterNode, { gateKey, versions: releases, now }: Standard): SurveyedNode {
  const instanceId = instanceIdOf(node.providerId) ?? '';
  const said = anyReceiptOn(node);
  const receipt = said?.instanceId === instanceId ? said : undefined;
  const released = receipt === undefined ? undefined : releaseOn(node, receipt);
  const { runtime, version: release } = receipt?.installation ?? {};
  const { state, reason } = stateOf(node, { gateKey, now }, released);
  return {
    nodeName: node.name,
    instanceId,
    providerId: plain(node.providerId, 80),
    createdAt: new Date(node.createdAt).toISOString(),
    runtime: plain(node.labels?.[poolLabel] ?? '', 63),
    state,
    reason: plain(reason, 160),
    outdated:
      released !== undefined &&
      runtime !== undefined &&
      releases[runtime] !== undefined &&
      releases[runtime] !== release,
    kernel: plain(node.boot?.kernel ?? '', 64),
    bootId: plain(node.boot?.id ?? '', 36),
  };
}

function stateOf(
  node: ClusterNode,
  { gateKey, now }: Pick<Standard, 'gateKey' | 'now'>,
  released: Receipt | undefined,
): { readonly state: NodeState; readonly reason: string } {
  const gated = node.taints?.some(({ key }) => key === gateKey) ?? false;
  const marked = node.taints?.some(({ key }) => key === quarantineKey) ?? false;
  const failed = marked || node.labels?.[stateLabel] === 'quarantined';
  const published = gateKindOf(gateKey) === 'readiness' && node.published?.status === 'True';
  if (released === undefined || failed) {
    // Something other than Airlock lifted the gate. With a readiness gate, its controller did so against the condition.
    if (!gated)
      return { state: 'drifted', reason: `the gate ${gateKey} is not on the Node, and Airlock has not released it` };
    const { outcome, detail } = anyReceiptOn(node) ?? {};
    const why = [outcome, detail].filter((part) => part !== undefined && part !== '').join(': ');
    return failed ? { state: 'quarantined', reason: why } : { state: 'gated', reason: '' };
  }
  const age = now - Date.parse(released.endedAt);
  const isNew = age >= 0 && age < listsHandlersAfterMs;
  const drift = released.installation === undefined ? undefined : driftOf(node, released.installation, isNew);
  if (drift !== undefined) return { state: 'drifted', reason: drift };
  if (gated && !published) return { state: 'gated', reason: `the gate ${gateKey} came back after the release` };
  return { state: 'released', reason: '' };
}

/** The part of the proof that no longer holds. A node that is not Ready accepts no pods and so has not drifted. */
function driftOf(node: ClusterNode, installation: Installation, isNew: boolean): string | undefined {
  const waiting = isNew ? undefined : waitingFor(node, installation);
  if (waiting?.reason === 'handler-not-reported') return waiting.detail;
  const { kernel, bootId } = installation.host;
  if (node.boot === undefined || node.boot.id === bootId || node.boot.kernel === kernel) return undefined;
  return `the Node was proven with kernel ${kernel} and booted again with kernel ${node.boot.kernel}`;
}

/** Limits text that a kubelet may have written, in bytes of JSON, so that one node cannot inflate the whole page. */
function plain(text: string, limit: number): string {
  const head = text.length > limit ? `${text.slice(0, limit - 3)}...` : text;
  return head.replaceAll('"', "'").replaceAll(/[^ !#-[\]-~]/g, '?');
}

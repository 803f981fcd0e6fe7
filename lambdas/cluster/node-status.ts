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

/** What a standing depends on beside the Node. */
export interface Standard {
  readonly gateKey: string;
  /** The configured version of each runtime; a runtime without one is never outdated. */
  readonly versions: Partial<Readonly<Record<Runtime, string>>>;
}

/** How a Node of our pools stands: a pure look at the Node alone, which knows nothing of the launch in EC2. */
export function nodeStatus(node: ClusterNode, { gateKey, versions: releases }: Standard): SurveyedNode {
  const instanceId = instanceIdOf(node.providerId) ?? '';
  const said = anyReceiptOn(node);
  const receipt = said?.instanceId === instanceId ? said : undefined;
  const released = receipt === undefined ? undefined : releaseOn(node, receipt);
  const { runtime, version: release } = receipt?.installation ?? {};
  const { state, reason } = stateOf(node, gateKey, released);
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
  gateKey: string,
  released: Receipt | undefined,
): { readonly state: NodeState; readonly reason: string } {
  const gated = node.taints?.some(({ key }) => key === gateKey) ?? false;
  const marked = node.taints?.some(({ key }) => key === quarantineKey) ?? false;
  const failed = marked || node.labels?.[stateLabel] === 'quarantined';
  const published = gateKindOf(gateKey) === 'readiness' && node.published?.status === 'True';
  if (released === undefined || failed) {
    // Whoever else may lift a taint has lifted it; if a condition speaks for the gate, its owner did so against the condition.
    if (!gated)
      return { state: 'drifted', reason: `the gate ${gateKey} is not on the Node, and no release of ours is` };
    const { outcome, detail } = anyReceiptOn(node) ?? {};
    const why = [outcome, detail].filter((part) => part !== undefined && part !== '').join(': ');
    return failed ? { state: 'quarantined', reason: why } : { state: 'gated', reason: '' };
  }
  const drift = released.installation === undefined ? undefined : driftOf(node, released.installation);
  if (drift !== undefined) return { state: 'drifted', reason: drift };
  if (gated && !published) return { state: 'gated', reason: `the gate ${gateKey} came back after the release` };
  return { state: 'released', reason: '' };
}

/** What the release stood on and is no longer so. A node that is not Ready takes no pods, and so has not drifted. */
function driftOf(node: ClusterNode, installation: Installation): string | undefined {
  const waiting = waitingFor(node, installation);
  if (waiting?.reason === 'handler-not-reported') return waiting.detail;
  const { kernel, bootId } = installation.host;
  if (node.boot === undefined || node.boot.id === bootId || node.boot.kernel === kernel) return undefined;
  return `the Node was proven with kernel ${kernel} and was booted again with kernel ${node.boot.kernel}`;
}

/** Text that a kubelet may have written, in so many bytes at most: whoever controls one node should not blow up the page of all. */
function plain(text: string, limit: number): string {
  return text.slice(0, limit).replaceAll(/[^ !#-[\]-~]/g, '?');
}

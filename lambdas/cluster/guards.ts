import { claimText } from '../../domain/claim-text.ts';
import {
  type ClusterNode,
  karpenterPoolLabel,
  karpenterRegisteredLabel,
  karpenterUnregisteredTaint,
} from '../../domain/kubernetes.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import { type Runtime, runtimeTraits } from '../../domain/runtimes.ts';

/** Why a node cannot be released yet. The reason becomes its outcome if the deadline passes first. */
export interface Waiting {
  readonly reason: OutcomeCode;
  readonly detail: string;
}

/** The runtime and its handler name, as installed. */
export interface RequestedHandler {
  readonly runtime: Runtime;
  readonly handler: string;
}

type Guard = (node: ClusterNode, wanted: RequestedHandler) => Waiting | undefined;

/** In the order in which a node passes them. */
const guards: readonly Guard[] = [registered, ready, serving];

/** Returns the first thing that a node still waits for, or undefined if there is none. */
export function waitingFor(node: ClusterNode, wanted: RequestedHandler): Waiting | undefined {
  return first(guards, node, wanted);
}

/**
 * Returns the same for a node that a pod will prove. The pod shows whether the handler exists, and sooner than the
 * kubelet reports it.
 */
export function waitingForPod(node: ClusterNode, wanted: RequestedHandler): Waiting | undefined {
  return first([registered, ready], node, wanted);
}

function first(all: readonly Guard[], node: ClusterNode, wanted: RequestedHandler): Waiting | undefined {
  for (const guard of all) {
    const waiting = guard(node, wanted);
    if (waiting !== undefined) return waiting;
  }
  return undefined;
}

/** Karpenter restores a startup taint that is removed before it registers the node (kubernetes-sigs/karpenter#1772). */
function registered({ name, labels, taints }: ClusterNode): Waiting | undefined {
  const pool = labels?.[karpenterPoolLabel];
  const awaited = taints?.some(({ key }) => key === karpenterUnregisteredTaint) ?? false;
  if (!awaited && (pool === undefined || labels?.[karpenterRegisteredLabel] === 'true')) return undefined;
  const of = pool === undefined ? '' : ` of NodePool ${pool}`;
  return { reason: 'node-never-joined', detail: `Karpenter has not registered the Node ${name}${of}` };
}

function ready({ name, ready: condition }: ClusterNode): Waiting | undefined {
  if (condition?.status === 'True') return undefined;
  const state = condition === undefined ? 'it has not reported yet' : `${condition.reason}: ${condition.message}`;
  return { reason: 'node-never-ready', detail: `the Node ${name} is not Ready (${state})` };
}

/**
 * There are three cases: the handler is listed, only others are listed, or the container runtime lists none at all. The
 * last is not a failure, because the proof on the host has decided.
 */
function serving({ name, handlers }: ClusterNode, { runtime, handler }: RequestedHandler): Waiting | undefined {
  if (handlers === undefined || handlers.length === 0) return undefined;
  const listed = handlers.find((one) => one.name === handler);
  if (listed === undefined) {
    const names = handlers.slice(0, 50).map((one) => (one.name === '' ? '(default)' : one.name));
    const others = claimText(names.join(', '), 400);
    return {
      reason: 'handler-not-reported',
      detail: `the Node ${name} lists the handlers ${others}, but not ${handler}`,
    };
  }
  if (runtimeTraits[runtime].userNamespaces && !listed.userNamespaces) {
    return { reason: 'handler-not-reported', detail: `the Node ${name} lists ${handler} without user namespaces` };
  }
  return undefined;
}

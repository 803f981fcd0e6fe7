import type { ClusterNode, PatchOperation } from '../../domain/kubernetes.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Kubernetes } from '../adapters/kubernetes.ts';
import { Forbidden, Rejected } from '../adapters/kubernetes-errors.ts';
import type { Quarantine, Release, Writing } from './decide.ts';
import { eventOf } from './events.ts';
import type { PollingContext } from './polling.ts';
import type { ClusterView, ViewApi } from './view.ts';

/** What the core needs of the world. */
export interface Ports extends PollingContext {
  readonly api: Omit<Kubernetes, 'close' | 'listNodes' | keyof ViewApi>;
  /** What all nodes of a batch see of the cluster. */
  readonly view: ClusterView;
  readonly gateKey: string;
  /** `pod`: a pod has to run before the gate is lifted; `host`: the proof on the host is enough. */
  readonly proof: 'pod' | 'host';
  /** EventDetails when a node comes to its end. */
  ended(receipt: Receipt, runtime: string): void;
  /** EventDetails what went wrong without consequence. */
  warn(message: string, error: unknown): void;
}

/** Writes a release: all of it, or nothing. */
export async function writeRelease(node: ClusterNode, { statusPatch, patch }: Release, { api }: Ports): Promise<void> {
  // The condition first: a call that dies in between is repeated.
  if (statusPatch.length > 0) await api.patchNodeStatus(node.name, statusPatch);
  await api.patchNode(node.name, patch);
}

/**
 * Writes a quarantine: first what keeps pods away, then what it says. A kubelet can fill the annotations of its Node, so that no receipt fits: the
 * labels are then written without it.
 */
export async function writeQuarantine(
  node: ClusterNode,
  { statusPatch, taints, labels, note }: Quarantine,
  { api, warn }: Ports,
): Promise<void> {
  const write = async (patch: readonly PatchOperation[]) => {
    if (patch.length > 0) await api.patchNode(node.name, patch);
  };
  await write(taints);
  if (statusPatch.length > 0) await api.patchNodeStatus(node.name, statusPatch);
  await write([...labels, ...note]).catch(async (error: unknown) => {
    if (!(error instanceof Rejected || error instanceof Forbidden)) throw error;
    warn('the receipt was not written on the Node', error);
    await write(labels);
  });
}

/** Counts an end and tells of it: an Event that the API does not take undoes nothing. */
export async function publishEnd(
  node: ClusterNode,
  { receipt, runtime }: Writing,
  { api, ended, warn }: Ports,
): Promise<void> {
  ended(receipt, runtime);
  await api.createEvent(eventOf(node, receipt)).catch((error: unknown) => warn('the Event was not written', error));
}

import type { ClusterNode, PatchOperation } from '../../domain/kubernetes.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Kubernetes } from '../adapters/kubernetes.ts';
import { Forbidden, Rejected } from '../adapters/kubernetes-errors.ts';
import type { Quarantine, Release, Writing } from './decide.ts';
import { eventOf } from './events.ts';
import type { PollingContext } from './polling.ts';
import type { ClusterView, ViewApi } from './view.ts';

/** The dependencies of close, release and quarantine. */
export interface Ports extends PollingContext {
  readonly api: Omit<Kubernetes, 'close' | 'listNodes' | keyof ViewApi>;
  /** The view of the cluster that all nodes of a batch share. */
  readonly view: ClusterView;
  readonly gateKey: string;
  /** `pod`: a pod must run before the gate is lifted. `host`: the proof on the host is enough. */
  readonly proof: 'pod' | 'host';
  /** Counts a release. `first` is whether it is the first run of its launch. */
  released(receipt: Receipt, first: boolean): void;
  /** Reports a failure that has no consequence. */
  warn(message: string, error: unknown): void;
}

/** Writes a release, completely or not at all. */
export async function writeRelease(node: ClusterNode, { statusPatch, patch }: Release, { api }: Ports): Promise<void> {
  // The condition comes first: a call that is interrupted in between is repeated.
  if (statusPatch.length > 0) await api.patchNodeStatus(node.name, statusPatch);
  await api.patchNode(node.name, patch);
}

/**
 * Writes a quarantine: first the taints that keep pods away, then the labels and the receipt. A kubelet can fill its
 * Node's annotations so that no receipt fits. Then only the labels are written.
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
    warn('the receipt could not be written on the Node', error);
    await write(labels);
  });
}

/** Creates the Event of an end. A rejected Event changes nothing. */
export async function publishEnd(node: ClusterNode, { receipt }: Writing, { api, warn }: Ports): Promise<void> {
  await api
    .createEvent(eventOf(node, receipt))
    .catch((error: unknown) => warn('the Event could not be created', error));
}

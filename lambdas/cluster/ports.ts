import type { ClusterNode } from '../../domain/kubernetes.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Kubernetes } from '../adapters/kubernetes.ts';
import type { Decision } from './decide.ts';
import { eventOf } from './events.ts';
import type { Time } from './patience.ts';

/** What the core needs of the world. */
export interface Ports {
  readonly api: Omit<Kubernetes, 'listNodes' | 'close'>;
  readonly time: Time;
  readonly gateKey: string;
  /** `pod`: a pod has to run before the gate is lifted; `host`: the proof on the host is enough. */
  readonly proof: 'pod' | 'host';
  /** Told once when a node comes to its end. */
  ended(receipt: Receipt, runtime: string): void;
  /** Told what went wrong without consequence. */
  warn(message: string, error: unknown): void;
}

/** Patches the Node, and then tells of it: an Event that the API does not take undoes nothing. */
export async function writeDown(
  node: ClusterNode,
  { statusPatch, patch, receipt, runtime }: Extract<Decision, { kind: 'patch' }>,
  { api, ended, warn }: Ports,
): Promise<void> {
  // The condition first: a call that dies in between is repeated, for the receipt is what says that all is done.
  if (statusPatch.length > 0) await api.patchNodeStatus(node.name, statusPatch);
  await api.patchNode(node.name, patch);
  ended(receipt, runtime);
  await api.createEvent(eventOf(node, receipt)).catch((error: unknown) => warn('the Event was not written', error));
}

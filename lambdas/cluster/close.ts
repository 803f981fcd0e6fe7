import { gateKindOf, provenLabel } from '../../domain/kubernetes.ts';
import { workDeadline } from '../../domain/launch.ts';
import type { Closing, NodeCall } from '../../domain/messages.ts';
import { hasTaint } from './decide.ts';
import { NodeLookup } from './lookup.ts';
import { labelPatch, taintPatch } from './patch.ts';
import { pollUntil } from './polling.ts';
import type { Ports } from './ports.ts';
import { unpublish } from './publish.ts';

/** A call to revoke the release of an earlier launch of an instance. */
export type CloseCall = Extract<NodeCall, { action: 'close' }>;

/**
 * Revokes the release of an earlier launch of the instance. An instance that was stopped and started keeps its Node,
 * with its proof label and without its gate. If there is no Node, nothing is needed: a new one starts with the gate.
 *
 * @returns the Nodes that had to be closed
 * @throws RetryLater while the cluster does not answer, FinalOutcome if it never answers or denies the request
 */
export async function close({ launch }: CloseCall, ports: Ports): Promise<Closing> {
  const { api, gateKey, time } = ports;
  // Searches the released Nodes at once: a Node with another name is open until it is found.
  const lookup = new NodeLookup(ports, launch, 'any', { aloneMs: 0 });
  const closed = new Set<string>();
  const poll = async (): Promise<{ done: Closing }> => {
    const { nodes = [] } = closed.size > 0 ? await lookup.reread() : await lookup.find();
    for (const node of nodes) {
      const published = gateKindOf(gateKey) === 'readiness';
      const open = published ? node.published?.status === 'True' : !hasTaint(node, gateKey);
      if (!open && node.labels?.[provenLabel] === undefined) continue;
      closed.add(node.name);
      // Without the taint of a quarantine: this launch has not failed.
      const taints = taintPatch(node, gateKey, true);
      if (taints.length > 0) await api.patchNode(node.name, taints);
      const status = published ? unpublish(node, new Date(time.now()).toISOString()) : [];
      if (status.length > 0) await api.patchNodeStatus(node.name, status);
      if (node.labels?.[provenLabel] !== undefined) await api.patchNode(node.name, labelPatch(node, gateKey, {}));
    }
    return { done: { closed: [...closed] } };
  };
  return await pollUntil({ launch, giveUpAt: workDeadline(launch), keys: [] }, ports, poll);
}

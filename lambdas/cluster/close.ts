import { gateKindOf, provenLabel } from '../../domain/kubernetes.ts';
import { workDeadline } from '../../domain/launch.ts';
import type { Closing, NodeCall } from '../../domain/messages.ts';
import { hasTaint } from './decide.ts';
import { NodeLookup } from './lookup.ts';
import { labelPatch, taintPatch } from './patch.ts';
import { pollUntil } from './polling.ts';
import type { Ports } from './ports.ts';
import { unpublish } from './publish.ts';

/** A call to take back what an earlier launch of an instance was given. */
export type CloseCall = Extract<NodeCall, { action: 'close' }>;

/**
 * Takes back what an earlier launch of the instance was given: an instance that was stopped and started keeps its Node, with the label of a release
 * and without its gate. A Node that is not there needs nothing, for it is born with its gate.
 *
 * @returns the Nodes that had to be closed
 * @throws RetryLater while the cluster does not answer, FinalOutcome if it never does or forbids it
 */
export async function close({ launch }: CloseCall, ports: Ports): Promise<Closing> {
  const { api, gateKey, time } = ports;
  // At once among the released ones: a Node with another name stands open until it is found.
  const lookup = new NodeLookup(ports, launch, 'any', { aloneMs: 0 });
  const closed = new Set<string>();
  const poll = async (): Promise<{ done: Closing }> => {
    const { nodes = [] } = closed.size > 0 ? await lookup.reread() : await lookup.find();
    for (const node of nodes) {
      const published = gateKindOf(gateKey) === 'readiness';
      const open = published ? node.published?.status === 'True' : !hasTaint(node, gateKey);
      if (!open && node.labels?.[provenLabel] === undefined) continue;
      closed.add(node.name);
      // The mark of a quarantine is none of a launch that no one has judged yet.
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

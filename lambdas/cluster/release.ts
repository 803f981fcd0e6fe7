import type { ClusterNode } from '../../domain/kubernetes.ts';
import { triedUntil } from '../../domain/node.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { withDaemons } from './daemons.ts';
import { decideRelease, isReleasedBy, type Release, type ReleaseCall } from './decide.ts';
import { NodeLookup, refuseSeveral, refuseTwins } from './lookup.ts';
import { type Look, persist } from './patience.ts';
import { type Ports, tellEnd, writeRelease } from './ports.ts';
import { PodProof } from './proof.ts';

/**
 * Lifts the gate of a proven node. A call that comes again proves the node again, for nothing on the Node says for certain that an earlier one did.
 *
 * @returns the receipt
 * @throws NotYet while the node has to wait, Ended with the outcome where it will not be released
 */
export function release(call: ReleaseCall, ports: Ports): Promise<Receipt> {
  const lookup = new NodeLookup(ports.api, call.node, { id: call.installation.host.bootId }, ports.time.now);
  let seen: ClusterNode | undefined;
  let pod: { readonly proof: PodProof; readonly nodeName: string } | undefined;
  /** What this call wrote without an answer: it may have landed. */
  let unanswered: Release | undefined;
  const look = async (): Promise<Look<Receipt>> => {
    // While the pod starts the Node is left alone: it is read anew before it is written.
    const starting = pod?.proof.underWay ? await pod.proof.look(pod.nodeName) : undefined;
    if (starting !== undefined) return starting;
    const found = await lookup.find();
    if (found.nodes === undefined) return { reason: 'node-never-joined', detail: found.absent };
    const node = refuseSeveral(found.nodes);
    seen = node;
    if (unanswered !== undefined && isReleasedBy(node, unanswered, ports.gateKey)) return ended(node, unanswered);
    const proof = ports.proof === 'host' ? ({ kind: 'host' } as const) : pod?.proof.proof;
    const decision = decideRelease(node, call, { gateKey: ports.gateKey, now: ports.time.now(), proof });
    switch (decision.kind) {
      case 'wait':
        return decision;
      case 'prove': {
        pod ??= { proof: new PodProof(call, ports), nodeName: node.name };
        return (await pod.proof.look(pod.nodeName)) ?? (await look());
      }
      case 'release':
        await refuseTwins(node, ports.api);
        unanswered = decision;
        await writeRelease(node, decision, ports);
        return ended(node, decision);
    }
  };
  const ended = async (node: ClusterNode, written: Release): Promise<Look<Receipt>> => {
    await tellEnd(node, written, ports);
    return { done: written.receipt };
  };
  return persist(call.node, ports.time, triedUntil(call.node), look).catch(async (error: unknown) => {
    throw await withDaemons(error, seen, ports);
  });
}

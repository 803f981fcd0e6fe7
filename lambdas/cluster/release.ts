import type { ClusterNode } from '../../domain/kubernetes.ts';
import { triedUntil } from '../../domain/node.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { withDaemons } from './daemons.ts';
import { decideRelease, type ReleaseCall } from './decide.ts';
import { NodeLookup } from './lookup.ts';
import { type Look, persist } from './patience.ts';
import { type Ports, writeDown } from './ports.ts';
import { PodProof } from './proof.ts';

/**
 * Lifts the gate of a proven node: once, however often it is asked.
 *
 * @returns the receipt, or the one that an earlier call of this launch left on the Node
 * @throws NotYet while the node has to wait, Ended with the outcome where it will not be released
 */
export function release(call: ReleaseCall, ports: Ports): Promise<Receipt> {
  const lookup = new NodeLookup(ports.api, call.node, { id: call.installation.host.bootId }, ports.time.now);
  let seen: ClusterNode | undefined;
  let pod: { readonly proof: PodProof; readonly nodeName: string } | undefined;
  const look = async (): Promise<Look<Receipt>> => {
    // While the pod starts the Node is left alone: it is read anew before it is written.
    const starting = pod?.proof.underWay ? await pod.proof.look(pod.nodeName) : undefined;
    if (starting !== undefined) return starting;
    const found = await lookup.find();
    seen = found.node ?? seen;
    if (found.node === undefined) return { reason: 'node-never-joined', detail: found.absent };
    const proof = ports.proof === 'host' ? ({ kind: 'host' } as const) : pod?.proof.proof;
    const decision = decideRelease(found.node, call, { gateKey: ports.gateKey, now: ports.time.now(), proof });
    switch (decision.kind) {
      case 'wait':
        return decision;
      case 'prove': {
        pod ??= { proof: new PodProof(call, ports), nodeName: found.node.name };
        return (await pod.proof.look(pod.nodeName)) ?? (await look());
      }
      case 'patch':
        await writeDown(found.node, decision, ports);
        return { done: decision.receipt };
      case 'done':
        return { done: decision.receipt };
    }
  };
  return persist(call.node, ports.time, triedUntil(call.node), look).catch(async (error: unknown) => {
    throw await withDaemons(error, seen, ports);
  });
}

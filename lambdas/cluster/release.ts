import type { ClusterNode } from '../../domain/kubernetes.ts';
import { workDeadline } from '../../domain/launch.ts';
import { proofPodName } from '../../domain/proof-pod.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { withDaemons } from './daemons.ts';
import { decideRelease, isReleasedBy, type Release, type ReleaseCall } from './decide.ts';
import { NodeLookup, refuseSeveral, refuseTwins } from './lookup.ts';
import { type Poll, pollUntil } from './polling.ts';
import { type Ports, publishEnd, writeRelease } from './ports.ts';
import { PodProof } from './proof.ts';
import { keyOf } from './view.ts';

/**
 * How long after the request for a release a call waits for the Node to join and become Ready, in milliseconds. It
 * seldom takes longer.
 */
const likelyMs = 30_000;

/**
 * How long after the request for a release the Node of a first launch is searched for only among the waiting ones, in
 * milliseconds: it may not have joined yet. This is longer than a call waits.
 */
const joinMs = 12_000;

/**
 * Lifts the gate of a proven node. A repeated call proves the node again, because nothing on the Node shows for certain
 * that an earlier call did.
 *
 * @param askedAt when the release was requested, in milliseconds since the epoch
 * @returns the receipt
 * @throws RetryLater while the node has to wait, FinalOutcome if it will not be released
 */
export function release(call: ReleaseCall, askedAt: number, ports: Ports): Promise<Receipt> {
  const { launch } = call;
  // The Node of a first launch appears among the waiting ones, unless an earlier call has released it.
  const readFrom = launch.rerun === undefined && launch.relaunched === undefined ? askedAt + joinMs : 0;
  const lookup = new NodeLookup(ports, launch, { id: call.installation.host.bootId }, { readFrom });
  let seen: ClusterNode | undefined;
  let pod: PodProof | undefined;
  /** The release that this call wrote without an answer: it may have been applied. */
  let unanswered: Release | undefined;
  /** Whether this call wrote, so that the view may be behind. */
  let written = false;
  const poll = async (): Promise<Poll<Receipt>> => {
    // The Node is not read while the pod starts.
    const starting = pod?.underWay ? await pod.poll() : undefined;
    if (starting !== undefined) return starting;
    const found = written ? await lookup.reread() : await lookup.find();
    if (found.nodes === undefined)
      return { reason: 'node-never-joined', detail: found.absent, likelyUntil: askedAt + likelyMs };
    const node = refuseSeveral(found.nodes);
    seen = node;
    if (unanswered !== undefined && isReleasedBy(node, unanswered, ports.gateKey)) return ended(node, unanswered);
    const proof = ports.proof === 'host' ? ({ kind: 'host' } as const) : pod?.proof;
    const decision = decideRelease(node, call, { gateKey: ports.gateKey, now: ports.time.now(), proof });
    switch (decision.step) {
      case 'take-back':
        written = true;
        await ports.api.patchNode(node.name, decision.patch);
        return poll();
      case 'wait':
        written = false;
        return { ...decision, likelyUntil: askedAt + likelyMs };
      case 'prove':
        pod ??= new PodProof(call, node.name, ports);
        return (await pod.poll()) ?? (await poll());
      case 'release':
        await refuseTwins(node, ports.view);
        unanswered = decision;
        written = true;
        await writeRelease(node, decision, ports);
        return ended(node, decision);
    }
  };
  const ended = async (node: ClusterNode, release: Release): Promise<Poll<Receipt>> => {
    ports.released(release.receipt, launch.rerun === undefined);
    await publishEnd(node, release, ports);
    return { done: release.receipt };
  };
  const keys = [keyOf.node(launch.nodeName), keyOf.provider(launch.providerId), keyOf.pod(proofPodName(launch))];
  return pollUntil({ launch, giveUpAt: workDeadline(launch), keys }, ports, poll).catch(async (error: unknown) => {
    throw await withDaemons(error, seen, ports);
  });
}

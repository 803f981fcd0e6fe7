import { proofPodName } from '../../domain/proof-pod.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { decideQuarantine, type QuarantineCall } from './decide.ts';
import { NodeLookup } from './lookup.ts';
import { lastCallMs, type Poll, pollUntil } from './polling.ts';
import { type Ports, publishEnd, writeQuarantine } from './ports.ts';
import { failedReceipt } from './receipts.ts';

/**
 * Keeps the gate on a node that was not proven, and records the reason on the Node. Every Node that names the instance
 * is marked.
 *
 * @throws RetryLater while the Node has not joined or the cluster does not answer, FinalOutcome if it never does or
 * forbids it
 */
export async function quarantine(call: QuarantineCall, ports: Ports): Promise<Receipt> {
  const { launch, failure } = call;
  if (failure.outcome === 'instance-gone') return withoutNode(call, '', ports);
  const lookup = new NodeLookup(ports, launch, 'any');
  /** Whether this call wrote, so that the view may be behind. */
  let written = false;
  const deadline = Date.parse(launch.deadline);
  /** The state of the gate on each Node whose gate was open before this call wrote. */
  const gates = new Map<string, Receipt['gate']>();
  const poll = async (): Promise<Poll<Receipt>> => {
    const found = written ? await lookup.reread() : await lookup.find();
    if (found.nodes === undefined) {
      // A node that is refused early may still join, and then it needs its mark.
      if (!call.once && ports.time.now() + lastCallMs < deadline)
        return { reason: 'node-never-joined', detail: found.absent };
      return { done: withoutNode(call, `no Node was marked: ${found.absent}`, ports) };
    }
    const receipts: Receipt[] = [];
    for (const node of found.nodes) {
      const before = gates.get(node.uid);
      const circumstances = { gateKey: ports.gateKey, now: ports.time.now() };
      const decision = decideQuarantine(
        node,
        call,
        before === undefined ? circumstances : { ...circumstances, found: before },
      );
      receipts.push(decision.receipt);
      if (decision.step === 'leave') continue;
      if (decision.receipt.gate !== 'kept') gates.set(node.uid, decision.receipt.gate);
      written = true;
      await writeQuarantine(node, decision, ports);
      await publishEnd(node, decision, ports);
    }
    await removePod(call, ports);
    // A Node that pods may have reached decides for all: the instance is not terminated.
    const receipt = receipts.find(({ gate }) => gate !== 'kept') ?? receipts[0];
    return receipt === undefined ? { reason: 'node-never-joined', detail: '' } : { done: receipt };
  };
  return await pollUntil({ launch, giveUpAt: deadline, keys: [] }, ports, poll);
}

/** An interrupted release may have left its pod. The kubelet ends it eventually, so a failure here does not matter. */
async function removePod({ launch }: QuarantineCall, { api, proof, warn }: Ports): Promise<void> {
  if (proof === 'host') return;
  await api
    .deletePod(proofPodName(launch))
    .catch((error: unknown) => warn('the proof pod could not be deleted', error));
}

function withoutNode({ launch, failure }: QuarantineCall, why: string, { time }: Ports): Receipt {
  const gone = failure.outcome === 'instance-gone';
  return failedReceipt(launch, failure, { more: why, ...(gone ? {} : { gate: 'no-node' }) }, time.now());
}

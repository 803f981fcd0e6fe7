import { proofPodName } from '../../domain/proof-pod.ts';
import type { Receipt } from '../../domain/receipt.ts';
import { decideQuarantine, type QuarantineCall } from './decide.ts';
import { NodeLookup } from './lookup.ts';
import { type Look, nextCallMs, persist } from './patience.ts';
import { type Ports, writeDown } from './ports.ts';
import { failedReceipt } from './receipts.ts';

/**
 * Keeps the gate on a node that was not proven, and says on the Node why. A Node that was released in this launch is not touched,
 * and its receipt is the answer.
 *
 * @throws NotYet while the Node has not joined or the cluster does not answer, Ended where it never does or forbids it
 */
export async function quarantine(call: QuarantineCall, ports: Ports): Promise<Receipt> {
  const { node: launch, failure } = call;
  if (failure.outcome === 'instance-gone') return withoutNode(call, '', ports);
  const lookup = new NodeLookup(ports.api, launch, 'any', ports.time.now);
  const deadline = Date.parse(launch.deadline);
  const look = async (): Promise<Look<Receipt>> => {
    const found = await lookup.find();
    if (found.node === undefined) {
      // A node that is refused early may still join: it shall not stand there without a word.
      if (!call.once && ports.time.now() + nextCallMs < deadline)
        return { reason: 'node-never-joined', detail: found.absent };
      return { done: withoutNode(call, `no Node was marked: ${found.absent}`, ports) };
    }
    const decision = decideQuarantine(found.node, call, { gateKey: ports.gateKey, now: ports.time.now() });
    if (decision.kind === 'patch') {
      await writeDown(found.node, decision, ports);
      await removePod(call, ports);
    }
    return { done: decision.receipt };
  };
  return await persist(launch, ports.time, deadline, look);
}

/** A call to release that died may have left its pod; the kubelet ends it in the end, so a failure here is none. */
async function removePod({ node }: QuarantineCall, { api, proof, warn }: Ports): Promise<void> {
  if (proof === 'host') return;
  await api.deletePod(proofPodName(node)).catch((error: unknown) => warn('the proof pod was not deleted', error));
}

function withoutNode({ node, failure }: QuarantineCall, why: string, { time, ended }: Ports): Receipt {
  const gone = failure.outcome === 'instance-gone';
  const receipt = failedReceipt(node, failure, { more: why, ...(gone ? {} : { gate: 'no-node' }) }, time.now());
  ended(receipt, 'unknown');
  return receipt;
}

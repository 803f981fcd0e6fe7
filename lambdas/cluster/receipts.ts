import { claimText } from '../../domain/claim-text.ts';
import type { Launch } from '../../domain/launch.ts';
import type { Failure, Installation, Proof, Receipt } from '../../domain/receipt.ts';

/** A launch, and the UID of its Node if it has one. */
type ReceiptLaunch = Launch & Pick<Receipt, 'nodeUid'>;

/** Builds the receipt of a released node. */
export function releasedReceipt(
  launch: ReceiptLaunch,
  {
    installation,
    proof,
    readyAt,
  }: { readonly installation: Installation; readonly proof: Proof; readonly readyAt?: string | undefined },
  detail: string,
  now: number,
): Receipt {
  const outcome = installation.installed === 'already-installed' ? 'already-installed' : 'released';
  return { ...frame(launch, now), outcome, detail, installation, proof, ...(readyAt ? { readyAt } : {}) };
}

/** Builds the receipt of a node that was not released; `more` is appended to the failure's detail. */
export function failedReceipt(
  launch: ReceiptLaunch,
  { outcome, detail }: Failure,
  { more, gate }: { readonly more: string; readonly gate?: Receipt['gate'] },
  now: number,
): Receipt {
  const words = claimText([detail, more].filter((part) => part !== '').join('; '), 2_000);
  return { ...frame(launch, now), outcome, detail: words, ...(gate === undefined ? {} : { gate }) };
}

function frame({ instanceId, launchedAt, cluster, pool, nodeName, nodeUid }: ReceiptLaunch, now: number) {
  return {
    version: 2,
    instanceId,
    launchedAt,
    cluster,
    pool,
    nodeName,
    ...(nodeUid === undefined ? {} : { nodeUid }),
    endedAt: new Date(now).toISOString(),
    totalMs: Math.max(0, Math.round(now - Date.parse(launchedAt))),
  } as const;
}

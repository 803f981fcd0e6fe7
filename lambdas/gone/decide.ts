import type { Departure } from '../../domain/events.ts';
import { type LedgerRow, launchTimeOf, mayRun } from '../../domain/ledger.ts';
import type { Node } from '../../domain/node.ts';
import type { Receipt } from '../../domain/receipt.ts';

/** What a departure means for one launch of the instance. */
export type Step =
  | { readonly step: 'end'; readonly receipt: Receipt; readonly cancel: string | undefined }
  /** It has ended, and only its admission is still to be told: another launch of the instance may hide it from the sweep. */
  | { readonly step: 'tell' }
  /** The row is not whole yet, for `admit` is about to write it; or another call is at its end. */
  | { readonly step: 'wait' }
  | { readonly step: 'nothing'; readonly because: 'later-launch' | 'ended' | 'being-replaced' };

/** How long the call that wrote an end may take to tell it, in milliseconds: longer than the function may run. */
const tellingMs = 45_000;

/** How long a call that admits a node may take, in milliseconds: longer than `admit` may run. */
const admittingMs = 45_000;

/** The name that stands in a row as the writer of an end that this function wrote. */
export const writer = 'gone';

/**
 * Decides about one launch of an instance that is going away.
 *
 * @param at the time of the decision, ISO 8601
 */
export function decide(departure: Departure, row: LedgerRow, at: string): Step {
  if (Date.parse(launchTimeOf(row)) > Date.parse(departure.at)) return { step: 'nothing', because: 'later-launch' };
  // A death after the end was written and before it was told leaves the rest to the next receipt of the message.
  const unfinished = row.endedBy === writer && row.toldAt === undefined;
  if (row.outcome !== undefined && !unfinished) {
    return row.admittedAt === undefined && row.node !== undefined
      ? { step: 'tell' }
      : { step: 'nothing', because: 'ended' };
  }
  if (unfinished && Date.parse(at) - Date.parse(row.endedAt ?? at) < tellingMs) return { step: 'wait' };
  if (row.replacingAt !== undefined) return { step: 'nothing', because: 'being-replaced' };
  const { node, admittedAt, notedAt = at } = row;
  if (node === undefined) return { step: 'wait' };
  // Its execution may be about to be started; where the call that admits it died, this one tells of that, too.
  if (admittedAt === undefined && Date.parse(at) - Date.parse(notedAt) < admittingMs) return { step: 'wait' };
  // What was written is what is told, also where another message of this departure tells it.
  const receipt = row.receipt === undefined ? receiptOf(node, departure, at) : (JSON.parse(row.receipt) as Receipt);
  return { step: 'end', receipt, cancel: mayRun(row) ? row.commandId : undefined };
}

function receiptOf(node: Node, { why }: Departure, endedAt: string): Receipt {
  const { instanceId, launchedAt, cluster, pool, nodeName } = node;
  return {
    version: 1,
    ...{ instanceId, launchedAt, cluster, pool, nodeName },
    outcome: 'instance-gone',
    detail: why,
    endedAt,
    totalMs: Math.max(0, Date.parse(endedAt) - Date.parse(launchedAt)),
  };
}

import * as v from 'valibot';
import type { InvocationStatus } from './invocation-status.ts';
import type { RunRecord } from './ledger.ts';
import { type Inventory, InventorySchema, readResult } from './result.ts';

/** How often nodes are asked. */
export interface InventoryRate {
  /** How old what is known of a node must be before it is asked again, in milliseconds. */
  readonly everyMs: number;
  /** How many nodes are asked at most in one pass. */
  readonly nodesPerPass: number;
}

/**
 * When what is known of a released node was last known: its proof, or its inventory if that is newer. Empty if neither
 * has a time.
 */
export function lastSeenAt({ inventory, endedAt = '' }: Pick<RunRecord, 'inventory' | 'endedAt'>): string {
  return inventory !== undefined && inventory.at > endedAt ? inventory.at : endedAt;
}

/**
 * The nodes to ask, the longest unknown first: released ones whose last proof, answer and question are old enough. A
 * question without an answer is asked again when its time has come, and not before.
 *
 * @param runs the latest runs of nodes that run
 * @param now milliseconds since the epoch
 */
export function listDue(runs: readonly RunRecord[], { everyMs, nodesPerPass }: InventoryRate, now: number) {
  const waiting = runs.flatMap((run) => {
    const last = [lastSeenAt(run), run.inventoryAskedAt ?? ''].toSorted().at(-1) ?? '';
    const isReleased = run.ending === 'released' && run.request !== undefined;
    return isReleased && now - Date.parse(last) >= everyMs ? [{ run, last }] : [];
  });
  const ordered = waiting.toSorted((one, other) => (one.last < other.last ? -1 : 1));
  return ordered.slice(0, nodesPerPass).map(({ run }) => run);
}

/**
 * The run that a command asked about: by the batch in the run record, which is the command's comment, and a document
 * that inventories its runtime.
 */
export function askedRunOf(runs: readonly RunRecord[], invocation: InvocationStatus): RunRecord | undefined {
  const [, runtime] = /^airlock-([a-z]+)-inventory-[0-9a-f]{12}$/.exec(invocation.document) ?? [];
  return runs.find(
    ({ inventoryBatch, request }) =>
      inventoryBatch !== undefined && inventoryBatch === invocation.comment && request?.runtime === runtime,
  );
}

/**
 * Reads a node's answer.
 *
 * @param at when it arrived, ISO 8601
 * @returns the inventory, or why there is none. The node's last known state stays, and its age shows
 */
export function readInventory(
  run: RunRecord,
  commandId: string,
  { status, statusDetails, output }: InvocationStatus,
  at: string,
): { readonly inventory: Inventory } | { readonly reason: string } {
  const read = readResult(output);
  if (!read.ok) return { reason: `SSM reports ${statusDetails || status}, and ${read.reason}` };
  const { verb, runtime, outcome, detail, version, sandboxes = {} } = read.result;
  if (status !== 'Success' || outcome !== 'inventoried') return { reason: `${outcome}: ${detail}` };
  if (verb !== 'inventory' || runtime !== run.request?.runtime)
    return { reason: `the node answers ${verb} of ${runtime}` };
  const parsed = v.safeParse(InventorySchema, { at, version, sandboxes, commandId });
  return parsed.success
    ? { inventory: parsed.output }
    : { reason: `the answer is not valid: ${parsed.issues[0].message}` };
}

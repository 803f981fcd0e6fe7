import { askedRunOf, readInventory } from '../../domain/inventory.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Invocation } from '../adapters/commands.ts';
import { recordInventory } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';

/**
 * Records what a node answered to an inventory. It decides nothing: no state waits for it.
 *
 * @param runs the records of the instance that the command ran on
 * @returns whether the command is an inventory that a run record asks for
 */
export async function settleInventory(
  runs: readonly RunRecord[],
  commandId: string,
  invocation: Invocation,
): Promise<boolean> {
  const run = askedRunOf(runs, invocation);
  if (run?.inventoryBatch === undefined) return false;
  const { instanceId } = run;
  const read = readInventory(run, commandId, invocation, new Date().toISOString());
  if ('reason' in read) logger.warn('a node was not inventoried', { instanceId, commandId, reason: read.reason });
  else await recordInventory(keyOf(run), run.inventoryBatch, read.inventory);
  return true;
}

/** The key of a run record, which has its number in its sort key. */
function keyOf({ instanceId, launchedAt }: RunRecord) {
  return { instanceId, launchedAt };
}

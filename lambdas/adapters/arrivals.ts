import * as v from 'valibot';
import {
  type Arrivals,
  ArrivalsSchema,
  agentsChanges,
  agentsKey,
  type PoolScope,
  withArrivals,
} from '../../domain/agents.ts';
import { expiryOf } from '../../domain/ledger.ts';
import { readItems, updateItem } from './table.ts';

/** Reads the agent histories of pools, by their partition key. A pool without a history is absent. */
export async function arrivalsOf(pools: readonly PoolScope[]): Promise<ReadonlyMap<string, Arrivals>> {
  const items = await readItems(pools.map(agentsKey));
  return new Map(items.map(({ instanceId, arrivals }) => [String(instanceId), read(arrivals)]));
}

/**
 * Records when further agents of a pool came online. If two calls record at the same time, one record is lost. Only the
 * timing of the next poll depends on it.
 *
 * @param known the history as it was read
 */
export async function recordArrivals(
  pool: PoolScope,
  { known, more, at }: { readonly known: Arrivals; readonly more: Arrivals; readonly at: string },
): Promise<void> {
  const arrivals = withArrivals(known, more);
  await updateItem(agentsKey(pool), agentsChanges.recordArrivals, { arrivals, known, expiresAt: expiryOf(at) });
}

function read(arrivals: unknown): Arrivals {
  const parsed = v.safeParse(ArrivalsSchema, arrivals);
  return parsed.success ? parsed.output : [];
}

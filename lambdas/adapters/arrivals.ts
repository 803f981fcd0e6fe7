import * as v from 'valibot';
import { type Arrivals, ArrivalsSchema, agentsKey, type PoolScope, withArrivals } from '../../domain/agents.ts';
import { readItems, updateItem } from './table.ts';

/** How long a pool's row is kept after its last change, in seconds. */
const keptSeconds = 90 * 24 * 3_600;

/** Reads what pools have shown, by the partition key of their rows. A pool without a row has shown nothing. */
export async function arrivalsOf(pools: readonly PoolScope[]): Promise<ReadonlyMap<string, Arrivals>> {
  const items = await readItems(pools.map(agentsKey));
  return new Map(items.map(({ instanceId, arrivals }) => [String(instanceId), read(arrivals)]));
}

/**
 * Notes when further agents of a pool came online. What two calls note at the same time is lost in one of them: nothing but the next look depends on it.
 *
 * @param known as it was read
 */
export async function recordArrivals(
  pool: PoolScope,
  { known, more, at }: { readonly known: Arrivals; readonly more: Arrivals; readonly at: string },
): Promise<void> {
  await updateItem(agentsKey(pool), {
    condition: 'attribute_not_exists(#arrivals) OR #arrivals = :known',
    fields: { arrivals: withArrivals(known, more), expiresAt: Math.floor(Date.parse(at) / 1_000) + keptSeconds },
    values: { ':known': known },
  });
}

function read(arrivals: unknown): Arrivals {
  const parsed = v.safeParse(ArrivalsSchema, arrivals);
  return parsed.success ? parsed.output : [];
}

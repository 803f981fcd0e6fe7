import { type Arrivals, agentsKey, arrivalOf, isInformative } from '../../domain/agents.ts';
import type { WaitingLaunch } from '../../domain/messages.ts';
import { recordArrivals } from '../adapters/arrivals.ts';

/** A node that was sent its command, and when its agent came online. */
interface Shown {
  readonly message: WaitingLaunch;
  readonly onlineAt: string;
}

/**
 * Notes when agents came online, for the next nodes of their pools.
 *
 * @param known what the pools had shown, by the partition key of their rows
 */
export async function recordShown(shown: readonly Shown[], known: ReadonlyMap<string, Arrivals>): Promise<void> {
  const pools = new Map<string, Shown[]>();
  for (const one of shown.filter(({ message }) => isInformative(message.launch))) {
    const key = agentsKey(one.message.launch).instanceId;
    pools.set(key, [...(pools.get(key) ?? []), one]);
  }
  const at = new Date().toISOString();
  await Promise.all(
    [...pools].map(async ([key, nodes]) => {
      const more = nodes.map(({ message, onlineAt }) => arrivalOf(message.launch.launchedAt, onlineAt));
      const [first] = nodes;
      if (first) await recordArrivals(first.message.launch, { known: known.get(key) ?? [], more, at });
    }),
  );
}

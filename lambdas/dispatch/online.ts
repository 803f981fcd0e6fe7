import { type Arrivals, agentsKey, arrivalOf, isInformative } from '../../domain/agents.ts';
import type { WaitingLaunch } from '../../domain/messages.ts';
import { recordArrivals } from '../adapters/arrivals.ts';

/** A launch whose command was sent, and when its agent came online. */
interface OnlineAgent {
  readonly message: WaitingLaunch;
  readonly onlineAt: string;
}

/**
 * Records when agents came online, for the next nodes of their pools.
 *
 * @param known the histories of the pools, by their partition key
 */
export async function recordOnline(
  agents: readonly OnlineAgent[],
  known: ReadonlyMap<string, Arrivals>,
): Promise<void> {
  const pools = new Map<string, OnlineAgent[]>();
  for (const one of agents.filter(({ message }) => isInformative(message.launch))) {
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

import { type Arrivals, agentsKey, arrivalOf, isTelling } from '../../domain/agents.ts';
import type { WaitingNode } from '../../domain/messages.ts';
import { noteArrivals } from '../adapters/arrivals.ts';

/** A node that was sent its command, and when its agent came online. */
interface Shown {
  readonly message: WaitingNode;
  readonly onlineAt: string;
}

/**
 * Notes when agents came online, for the next nodes of their pools.
 *
 * @param known what the pools had shown, by the partition key of their rows
 */
export async function noteShown(shown: readonly Shown[], known: ReadonlyMap<string, Arrivals>): Promise<void> {
  const pools = new Map<string, Shown[]>();
  for (const one of shown.filter(({ message }) => isTelling(message.node))) {
    const key = agentsKey(one.message.node).instanceId;
    pools.set(key, [...(pools.get(key) ?? []), one]);
  }
  const at = new Date().toISOString();
  await Promise.all(
    [...pools].map(async ([key, nodes]) => {
      const more = nodes.map(({ message, onlineAt }) => arrivalOf(message.node.launchedAt, onlineAt));
      const [first] = nodes;
      if (first) await noteArrivals(first.message.node, { known: known.get(key) ?? [], more, at });
    }),
  );
}

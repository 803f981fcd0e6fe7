import type { Admission } from '../../domain/messages.ts';
import { recordRunCount } from '../adapters/ledger.ts';
import { admitAll } from '../admission/admit-all.ts';

/**
 * Sends nodes on another way in the same launch. Its number in the row of their first way comes before all else: a run that dies after it leaves
 * behind if the next one finds it, even if the way is at its end by then.
 */
export async function startReruns(ways: readonly Admission[]): Promise<void> {
  await Promise.all(ways.map(({ launch: node }) => recordRunCount(node, node.rerun?.attempt ?? 0)));
  await admitAll(ways);
}

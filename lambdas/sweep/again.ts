import type { Admission } from '../../domain/messages.ts';
import { noteWayAfter } from '../adapters/ledger.ts';
import { admitAll } from '../admit/admit-all.ts';

/**
 * Sends nodes on another way in the same launch. The note in the row of their first way comes before all else: a run that dies after it leaves
 * behind what the next one needs to go on, even where the way is at its end by then.
 */
export async function goAgain(ways: readonly Admission[]): Promise<void> {
  await Promise.all(ways.map(noteWayAfter));
  await admitAll(ways);
}

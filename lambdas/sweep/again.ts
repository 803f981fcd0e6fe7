import { rowName } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { noteWayAfter } from '../adapters/ledger.ts';
import { admitAll } from '../admit/admit-all.ts';

/**
 * Sends nodes on another way in the same launch. What admits them comes first, and the note in the row of their first way last: a run that dies in
 * between finds the same number free again, and begins the same way, which is then begun already.
 */
export async function goAgain(admissions: readonly Admission[]): Promise<void> {
  const failed = new Set(await admitAll(admissions));
  const begun = admissions.filter(({ node }) => !failed.has(rowName(node)));
  await Promise.all(
    begun.map(({ node: { instanceId, launchedAt, again } }) =>
      noteWayAfter({ instanceId, launchedAt }, again?.attempt ?? 0),
    ),
  );
}

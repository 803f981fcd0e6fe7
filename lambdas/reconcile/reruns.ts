import type { Admission } from '../../domain/messages.ts';
import { recordRunCount } from '../adapters/ledger.ts';
import { admitWhole } from '../admission/admit-all.ts';

/**
 * Starts further runs of launches. The number of each run is first recorded in the launch's first run. So if this pass
 * is interrupted, the next one finds the run, even if it has ended by then.
 *
 * @throws Error if a run could not be started; the others were
 */
export async function startReruns(reruns: readonly Admission[]): Promise<void> {
  await Promise.all(reruns.map(({ launch }) => recordRunCount(launch, launch.rerun?.attempt ?? 0)));
  await admitWhole(reruns);
}

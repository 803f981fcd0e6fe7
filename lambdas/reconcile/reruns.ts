import { isSameAct } from '../../domain/operator-acts.ts';
import { recordRerun, recordRunCount } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';
import { admitWhole } from '../admission/admit-all.ts';
import type { Rerun } from './decide-reruns.ts';

/**
 * Starts further runs of launches. First each latest run is marked, so that no operator's act is written to it any
 * more: it would not count for the run that begins. An act that was written before the mark, and after the run was
 * read, prevents the run. Then the number of each run is recorded in the launch's first run. So if this pass is
 * interrupted, the next one finds the run, even if it has ended by then.
 *
 * @throws Error if a run could not be started; the others were
 */
export async function startReruns(reruns: readonly Rerun[]): Promise<void> {
  const at = new Date().toISOString();
  const begun = await Promise.all(
    reruns.map(async ({ admission, run }) => {
      const marked = await recordRerun(run, at);
      if (marked === undefined || !isSameAct(marked.operatorAct, run.operatorAct)) {
        logger.info('an operator acted meanwhile', { instanceId: run.instanceId });
        return [];
      }
      await recordRunCount(admission.launch, admission.launch.rerun?.attempt ?? 0);
      return [admission];
    }),
  );
  await admitWhole(begun.flat());
}

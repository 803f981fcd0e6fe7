import type { Replacement } from '../../domain/disposition.ts';
import type { Launch } from '../../domain/launch.ts';
import type { Pools } from '../../domain/pools.ts';
import { instancesOf } from '../adapters/instances.ts';
import { readRun, recordReplacing } from '../adapters/ledger.ts';
import { completeHook, terminate, terminateInGroup } from '../adapters/terminations.ts';
import { isGone, replacementBlocker } from './guards.ts';
import { Refused, type Run } from './refused.ts';

/** The instance went away before it was replaced. The name is the outcome, which the state machine catches. */
class Gone extends Error {
  override readonly name = 'instance-gone';
}

/**
 * Terminates an instance so that another is launched. It reads the ledger and EC2 again, because they may have changed.
 * The ledger is written first: from then on the instance counts as replaced, however its end is reported. A call that
 * repeats an interrupted one does the rest again.
 *
 * @throws an error named `instance-gone` if the instance went away first, or Refused if the run record does not have
 *   the disposition `replace`
 */
export async function replace(run: Run, pools: Pools): Promise<Replacement> {
  const { launch, failure, disposition, mark } = run;
  if (failure === undefined || disposition !== 'replace')
    throw new Refused('the disposition of the run is not replace');
  if (mark === undefined) throw new Refused('the run record has no answer from the cluster');
  const { instanceId, launchedAt } = launch;
  const first = launch.rerun === undefined ? run : await readRun({ instanceId, launchedAt });
  // Read last, right before the termination: no condition in a call to an Auto Scaling group can check an instance's
  // profile, tag or launch.
  const [instance] = await instancesOf([launch.instanceId]);
  if (isGone(launch, instance)) {
    if (run.replacingAt === undefined) throw new Gone(`the instance is ${instance?.state ?? 'unknown to EC2'}`);
    return { replaced: true, how: 'terminated' };
  }
  const because = replacementBlocker({ launch, run, first, pools, instance, receipt: mark });
  if (because !== undefined) return { replaced: false, because };
  if (!(await recordReplacing(launch, new Date().toISOString())))
    return { replaced: false, because: 'it has just ended' };
  return { replaced: true, how: await end(launch) };
}

/** A waiting hook is completed. Otherwise the group terminates its own instance, and EC2 any other. */
async function end({ instanceId, hook, group }: Launch): Promise<Extract<Replacement, { replaced: true }>['how']> {
  if (hook !== undefined && (await completeHook(instanceId, hook, 'ABANDON'))) return 'abandoned';
  if (group !== undefined) {
    await terminateInGroup(instanceId);
    return 'terminated-by-its-group';
  }
  await terminate(instanceId);
  return 'terminated';
}

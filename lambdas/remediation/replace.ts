import type { Replacement } from '../../domain/disposition.ts';
import type { Launch } from '../../domain/launch.ts';
import type { Pools } from '../../domain/pools.ts';
import { instancesOf } from '../adapters/instances.ts';
import { recordReplacing, rowOf } from '../adapters/ledger.ts';
import { completeHook, terminate, terminateInGroup } from '../adapters/terminations.ts';
import { isGone, replacementBlocker } from './guards.ts';
import { Refused, type Run } from './refused.ts';

/** The instance went away before it was replaced: the name is the outcome, which the state machine catches. */
class Gone extends Error {
  override readonly name = 'instance-gone';
}

/**
 * Ends an instance so that another is launched. It reads everything again: what stood in the ledger, in EC2 and in the cluster before this
 * call may have changed. The ledger is written first; from there on the instance that goes away is one that was replaced, whoever hears
 * of it. A call that dies after that does the rest again.
 *
 * @throws an error named `instance-gone` where someone else was first, or Refused if the row does not say that it is to be replaced
 */
export async function replace(row: Run, pools: Pools): Promise<Replacement> {
  const { launch: node, failure, disposition: verdict, mark } = row;
  if (failure === undefined || verdict !== 'replace') throw new Refused('no failure was judged to be replaced');
  if (mark === undefined) throw new Refused('what the cluster said of the Node was not noted');
  const { instanceId, launchedAt } = node;
  const first = node.rerun === undefined ? row : await rowOf({ instanceId, launchedAt });
  // Last of all, and right before the end: no condition on the call of a group can ask for an instance's profile, tag or launch.
  const [instance] = await instancesOf([node.instanceId]);
  if (isGone(node, instance)) {
    if (row.replacingAt === undefined) throw new Gone(`the instance is ${instance?.state ?? 'unknown to EC2'}`);
    return { replaced: true, how: 'terminated' };
  }
  const because = replacementBlocker({ launch: node, run: row, first, pools, instance, receipt: mark });
  if (because !== undefined) return { replaced: false, because };
  if (!(await recordReplacing(node, new Date().toISOString())))
    return { replaced: false, because: 'it has just ended' };
  return { replaced: true, how: await end(node) };
}

/** A hook that waits is answered; if none does, the group ends its own, and EC2 ends all others. */
async function end({ instanceId, hook, group }: Launch): Promise<Extract<Replacement, { replaced: true }>['how']> {
  if (hook !== undefined && (await completeHook(instanceId, hook, 'ABANDON'))) return 'abandoned';
  if (group !== undefined) {
    await terminateInGroup(instanceId);
    return 'terminated-by-its-group';
  }
  await terminate(instanceId);
  return 'terminated';
}

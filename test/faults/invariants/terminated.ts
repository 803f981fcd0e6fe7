import { replacingPool } from '../../../packages/lab/faults.ts';
import type { FaultRun } from '../fault-run.ts';
import type { Launch } from '../watch.ts';
import { tookItsReleaseAlong } from './deleted.ts';
import type { Invariant } from './invariant.ts';

/**
 * How many more nodes than were released may be replaced in a run: the breaker opens with the third failure if they are
 * half of all, and concurrent decisions are in progress by then.
 */
const lostAtMost = 4;

/**
 * No instance was terminated against policy: its pool replaces, its gate was never lifted in this launch, the breaker
 * allowed it.
 */
export const terminatedByPolicy: Invariant = {
  name: 'terminated without leave',
  violations(faultRun) {
    const { watch, ended, pool } = faultRun;
    const lost = watch.launches.filter(
      (launch) => launch.goneAt !== undefined && !ended.has(launch.instanceId) && !hadItsTime(faultRun, launch),
    );
    const against = lost.flatMap((launch) => {
      if (pool !== replacingPool) return [`${launch.instanceId} was terminated, and the pool ${pool} keeps its nodes`];
      if (tookItsReleaseAlong(faultRun, launch.instanceId)) return [];
      return wasOpened(faultRun, launch) ? [`${launch.instanceId} was terminated after its gate had been lifted`] : [];
    });
    const allowed = lostAtMost + watch.lifts.length;
    if (lost.length <= allowed) return against;
    return [
      ...against,
      `${lost.length} instances were terminated and ${watch.lifts.length} released: no breaker opened`,
    ];
  },
};

/** Whether a node gave way to a rollout, and its sandboxes had their time. */
function hadItsTime({ rollout, watch }: FaultRun, { instanceId, goneAt = 0 }: Launch): boolean {
  const minutes = rollout?.draw.settings.maxDisruptionMinutes;
  const closed = watch.returns.findLast((one) => one.instanceId === instanceId && one.at <= goneAt);
  const isTaken = rollout?.takes.some((take) => take.instanceId === instanceId && take.at <= goneAt) === true;
  if (minutes === undefined || closed === undefined || !isTaken || rollout?.draw.runtime !== 'kata') return false;
  return goneAt - closed.at >= minutes * 60_000;
}

function wasOpened({ watch }: FaultRun, { instanceId, at, goneAt = at }: Launch): boolean {
  return watch.lifts.some((lift) => lift.instanceId === instanceId && lift.at >= at && lift.at <= goneAt);
}

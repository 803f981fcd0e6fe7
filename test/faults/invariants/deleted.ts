import type { FaultRun } from '../fault-run.ts';

/**
 * Whether someone took the Node of an instance away after its gate had been lifted for the last time. What it said of its release went with it, and
 * its pods did: if the answer of the call was lost, too, it is to Airlock a Node that never joined.
 */
export function tookItsReleaseAlong({ watch, deleted }: FaultRun, instanceId: string): boolean {
  const at = deleted.get(instanceId);
  return at !== undefined && watch.lifts.every((lift) => lift.instanceId !== instanceId || lift.at <= at);
}

import type { FaultRun } from '../fault-run.ts';

/**
 * Whether an instance's Node was deleted after its gate had been lifted for the last time. The evidence of its release
 * is gone, and so are its pods: if the answer of the call was lost too, Airlock sees a Node that never joined.
 */
export function tookItsReleaseAlong({ watch, deleted }: FaultRun, instanceId: string): boolean {
  const at = deleted.get(instanceId);
  return at !== undefined && watch.lifts.every((lift) => lift.instanceId !== instanceId || lift.at <= at);
}

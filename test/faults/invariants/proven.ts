import type { FaultRun } from '../fault-run.ts';
import type { Invariant } from './invariant.ts';

/**
 * The gate was lifted only after a proof on that instance in that launch: by the machine itself, and by a pod on the
 * node.
 */
export const provenBeforeRelease: Invariant = {
  name: 'released before proof',
  violations(faultRun) {
    const { watch, nodes } = faultRun;
    return watch.lifts.flatMap(({ instanceId, nodeName, at }) => {
      const launch = watch.launches.findLast((one) => one.instanceId === instanceId && one.at <= at);
      const found = nodes.find(({ node }) => node.instanceId === instanceId);
      if (launch === undefined || found === undefined)
        return [`the gate of ${nodeName} was lifted, which is no instance`];
      // What was proven before a rollout closed the gate proves nothing of what it installs.
      const since = Math.max(launch.at, closedByRollout(faultRun, instanceId, at));
      const onHost = found.machine.runs.some((run) => run.proven && run.from >= since && run.to <= at);
      const asPod = watch.pods.some((pod) => pod.nodeName === nodeName && pod.at >= since && pod.at <= at);
      return [
        ...(onHost ? [] : [`the gate of ${instanceId} was lifted without a proof on the host in this launch`]),
        ...(asPod ? [] : [`the gate of ${instanceId} was lifted without a pod that ran there in this launch`]),
      ];
    });
  },
};

/** When a rollout took a node out for the last time before its gate was lifted. */
function closedByRollout({ rollout }: FaultRun, instanceId: string, before: number): number {
  return rollout?.takes.findLast((take) => take.instanceId === instanceId && take.at < before)?.at ?? 0;
}

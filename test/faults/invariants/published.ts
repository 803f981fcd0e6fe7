import { instanceOf } from '../../../packages/lab/simulation.ts';
import type { FaultRun } from '../fault-run.ts';
import type { Launch } from '../watch.ts';
import { tookItsReleaseAlong } from './deleted.ts';
import { admittedNames, due, endsOf, keyOf } from './ended.ts';
import type { Invariant } from './invariant.ts';

/** The audit group by itself suffices to rebuild each node's outcome, and it agrees with the Kubernetes API. */
export const auditSuffices: Invariant = {
  name: 'audit trail does not tell',
  violations(faultRun) {
    const admitted = admittedNames(faultRun);
    return due(faultRun).flatMap((launch) => {
      if (admitted.has(keyOf(launch)) && !tellsOfAdmission(faultRun, launch))
        return [`the audit trail does not say that ${launch.instanceId} was admitted`];
      const outcomes = rebuilt(faultRun, launch);
      if (outcomes.size === 0)
        return endsOf(faultRun, launch).length === 0 ? [] : [`the audit trail has no end of ${launch.instanceId}`];
      const said = [...outcomes].join(' and ');
      // A Node survives a stop and a start of its instance: if its gate was off then, it need not have been lifted
      // again.
      if (beganOpen(faultRun, launch)) return [];
      const opened = wasOpened(faultRun, launch);
      const saysOpened = outcomes.has('released') || outcomes.has('already-installed');
      // An execution that ends because its instance goes away cannot call back a release in progress.
      if (opened === saysOpened || outcomes.has('instance-gone')) return [];
      if (outcomes.has('node-never-joined') && tookItsReleaseAlong(faultRun, launch.instanceId)) return [];
      return [`the audit trail says ${said} of ${launch.instanceId}, but its gate was ${opened ? '' : 'never '}lifted`];
    });
  },
};

function tellsOfAdmission({ world }: FaultRun, { instanceId, at }: Launch): boolean {
  return world.audit().some((event) => {
    if (event['detail-type'] !== 'Node Admitted') return false;
    const { detail } = event;
    return detail.instanceId === instanceId && Date.parse(detail.launchedAt) === at;
  });
}

function rebuilt({ world }: FaultRun, { instanceId, at }: Launch): ReadonlySet<string> {
  const own = world.audit().filter((event) => instanceOf(event) === instanceId);
  return new Set(
    own.flatMap(({ detail }) => ('endedAt' in detail && Date.parse(detail.launchedAt) === at ? [detail.outcome] : [])),
  );
}

/** Whether the Node of an earlier launch of the instance was without its gate when this one began. */
function beganOpen({ watch }: FaultRun, launch: Launch): boolean {
  const before = [...watch.lifts.map((one) => ({ ...one, open: true })), ...watch.returns]
    .filter(({ instanceId, at }) => instanceId === launch.instanceId && at < launch.at)
    .toSorted((a, b) => a.at - b.at)
    .at(-1);
  return before !== undefined && 'open' in before;
}

/** Whether the gate was lifted in this launch. */
function wasOpened({ watch }: FaultRun, launch: Launch): boolean {
  const next = watch.launches.find((one) => one.instanceId === launch.instanceId && one.at > launch.at)?.at;
  return watch.lifts.some(
    ({ instanceId, at }) =>
      instanceId === launch.instanceId && at >= launch.at && at < (next ?? Number.POSITIVE_INFINITY),
  );
}

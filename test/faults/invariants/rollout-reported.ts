import { endingOf, isOutcome, makesRoom } from '../../../domain/outcomes.ts';
import { alarmsThatFired } from '../../alarms.ts';
import type { FaultRun } from '../fault-run.ts';
import type { Invariant } from './invariant.ts';
import { closesNodes } from './rollout-ends.ts';

const prefix = 'Rollout ';

/** The events of rollouts in the audit trail, in order. */
export function rolloutEvents({ world }: FaultRun) {
  return world
    .audit()
    .flatMap((event) =>
      event['detail-type'].startsWith(prefix) && 'target' in event.detail && 'wave' in event.detail
        ? [{ type: event['detail-type'].slice(prefix.length), target: event.detail.target, detail: event.detail }]
        : [],
    );
}

/** A rollout that takes nodes out is reported: when it begins, and when it stops or finishes. */
export const rolloutReported: Invariant = {
  name: 'a rollout is not reported',
  violations(faultRun) {
    const { rollout } = faultRun;
    if (rollout === undefined) return [];
    const events = rolloutEvents(faultRun);
    const reported = (type: string, version: string) =>
      events.some((one) => one.type === type && one.target === version);
    const targets = [...new Set(rollout.takes.map(({ to }) => to))];
    const silent = targets.filter((version) => !reported('Started', version));
    const failed = targets.filter((version) => isFailedTarget(faultRun, version) && !reported('Stopped', version));
    const isStopped = events.some(({ type }) => type === 'Stopped') && events.at(-1)?.type === 'Stopped';
    const isAborted = rollout.acts.some(({ act }) => act === 'abort');
    const rang = alarmsThatFired(faultRun.world).some((name) => name.startsWith('RolloutStopped'));
    return [
      ...silent.map((version) => `nodes were taken out for ${version}, and no event says that its rollout began`),
      ...failed.map((version) => `a node of the rollout of ${version} failed, and no event says that it stopped`),
      ...(isStopped && !isAborted && !rang ? ['a rollout stopped, and its alarm did not ring'] : []),
    ];
  },
};

/** Whether a node that was taken out for a version failed with it, and that was the last rollout of all. */
function isFailedTarget({ rollout, watch, ended }: FaultRun, version: string): boolean {
  const last = rollout?.deployed.at(-1)?.version;
  if (rollout === undefined || version !== last || rollout.draw.runtime !== 'gvisor' || rollout.acts.length > 0)
    return false;
  return rollout.takes.some(({ instanceId, to, at }) => {
    const end = watch.ends.find((one) => one.instanceId === instanceId && one.endedAt > at);
    const isFailure = end !== undefined && isOutcome(end.outcome) && endingOf(end.outcome) !== 'done';
    return to === version && isFailure && !makesRoom(end.outcome as never) && !ended.has(instanceId);
  });
}

/** If nothing is wrong, or only what heals, every node that follows its pool has the version of the last deployment. */
export const rolloutDone: Invariant = {
  name: 'a rollout did not finish',
  violations(faultRun) {
    const { rollout, nodes } = faultRun;
    if (rollout === undefined) return [];
    const { draw, acts, deployed } = rollout;
    const isSteered = acts.some(({ act }) => act === 'abort' || act === 'rollback') || acts.at(-1)?.act === 'pause';
    if (closesNodes(faultRun) || draw.bad.length > 0 || isSteered) return [];
    const target = deployed.at(-1)?.version;
    const behind = nodes.filter(({ node, machine }) => {
      const isPinned = node.plan.tags['airlock:runtime']?.includes('@') === true;
      return faultRun.isAlive(node) && !isPinned && (!faultRun.isOpen(node) || machine.version !== target);
    });
    const states = behind.map(
      ({ node, machine }) =>
        `${node.instanceId} has ${machine.version}${faultRun.isOpen(node) ? '' : ' behind its gate'}`,
    );
    const hadWork = rollout.takes.length > 0;
    const isReported = rolloutEvents(faultRun).some(({ type }) => type === 'Finished');
    return [
      ...(behind.length === 0 ? [] : [`${target} is not everywhere: ${states.join(', ')}`]),
      ...(behind.length === 0 && hadWork && !isReported ? ['no event says that it finished'] : []),
    ];
  },
};

import type { DetailType } from '../../../domain/event-schema.ts';
import { deadlineMs, type FaultRun } from '../fault-run.ts';
import type { Launch } from '../watch.ts';
import type { Invariant } from './invariant.ts';

/**
 * How long after its deadline a node may reach its end, in milliseconds: a cluster that does not answer is called for
 * ten more minutes to set the mark, and the end itself is written and published with retries.
 */
const graceMs = 13 * 60_000;

/** The same if an execution can break: reconcile ends its node twenty minutes after the deadline. */
export const strandedGraceMs = 30 * 60_000;

/** The events of a node after its end. */
const afterwards: readonly string[] = ['Node Reverified', 'Reverification Failed'] satisfies DetailType[];

/** Every node that was admitted, or had to be, ended once and in time. */
export const endedOnce: Invariant = {
  name: 'not ended once, in time',
  violations(faultRun) {
    const grace = faultRun.faults.some(({ strands }) => strands === true) ? strandedGraceMs : graceMs;
    return due(faultRun).flatMap((launch) => {
      const ends = endsOf(faultRun, launch);
      const [end] = ends;
      if (end === undefined) return [`${nameOf(launch)} never ended`];
      // A node that was held is tried again, and then reaches another end: only the last one may be an end that does
      // not change.
      if (ends.slice(0, -1).some(({ type }) => type !== ('Node Held' satisfies DetailType)))
        return [`${nameOf(launch)} ended ${ends.length} times: ${ends.map((one) => one.outcome).join(', ')}`];
      const late = end.endedAt - launch.at - deadlineMs - grace;
      return late > 0 ? [`${nameOf(launch)} ended ${Math.round(late / 1000)} s too late, as ${end.outcome}`] : [];
    });
  },
};

/** The launches that must reach an end: those that were admitted, and those that ran long enough to be. */
export function due(faultRun: FaultRun): readonly Launch[] {
  const admitted = admittedNames(faultRun);
  const now = faultRun.clock.now();
  return faultRun.watch.launches.filter((launch) => {
    if (!launch.ours || launch.runningAt === undefined) return false;
    return admitted.has(keyOf(launch)) || (launch.goneAt ?? now) - launch.at >= deadlineMs;
  });
}

/**
 * The different ends that were published for a launch, in order; the bus may carry one more than once, and the first
 * counts. The success or failure of a re-verification is not an end of its launch.
 */
export function endsOf({ watch }: FaultRun, launch: Launch) {
  const told = watch.ends.filter(
    (end) =>
      end.instanceId === launch.instanceId &&
      Date.parse(end.launchedAt) === launch.at &&
      !afterwards.includes(end.type),
  );
  const first = new Map(told.toReversed().map((end) => [end.text, end]));
  return [...first.values()].toSorted((a, b) => a.endedAt - b.endedAt);
}

/** The launches for which an execution was started, by the calls that started them. */
export function admittedNames({ world }: FaultRun): ReadonlySet<string> {
  const started = world.cloud.journal.filter(
    ({ operation, error }) => operation === 'StartExecution' && error === undefined,
  );
  return new Set(
    started.map(({ input }) => {
      const { instanceId, launchedAt } = JSON.parse((input as { input: string }).input) as {
        instanceId: string;
        launchedAt: string;
      };
      return `${instanceId} ${Date.parse(launchedAt.split(' ')[0] ?? '')}`;
    }),
  );
}

/** How {@link admittedNames} names a launch. */
export function keyOf({ instanceId, at }: Launch): string {
  return `${instanceId} ${at}`;
}

function nameOf({ instanceId, at }: Launch): string {
  return `${instanceId} of ${new Date(at).toISOString()}`;
}

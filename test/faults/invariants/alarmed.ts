import type { DetailType } from '../../../domain/event-schema.ts';
import { endingOf, isOutcome, makesRoom } from '../../../domain/outcomes.ts';
import { alarmsThatFired } from '../../alarms.ts';
import { canRing, ofFailingRollouts } from '../expected-alarms.ts';
import type { FaultRun } from '../fault-run.ts';
import type { Invariant } from './invariant.ts';
import { closesNodes } from './rollout-ends.ts';

/**
 * Errors of functions that ring their alarm within 15 minutes. The alarm counts lines of logs, and this counts failed
 * invocations.
 */
const errorsThatRing = 3;
const errorWindowMs = 14 * 60_000;

/** What was seen from outside, and the alarm that must ring for it. */
const reasons: Readonly<Record<string, (faultRun: FaultRun) => boolean>> = {
  ReleaseRate: ({ watch }) => watch.ends.some(({ type, outcome }) => failed(type, outcome)),
  BreakerOpen: ({ world }) => world.audit().some((event) => event['detail-type'] === 'Breaker Opened'),
  FunctionErrors: ({ world, clock }) => {
    const errors = world.cloud.lambda.invocations.filter(({ failed: bad }) => bad).map(({ at }) => at);
    const seen = errors.filter((at) => at < clock.now() - 60_000).toSorted((a, b) => a - b);
    return seen.some(
      (at, index) => (seen[index + errorsThatRing - 1] ?? Number.POSITIVE_INFINITY) - at < errorWindowMs,
    );
  },
  NodeStranded: ({ world }) => world.services.states.executions().some(({ name }) => name.includes('-end-')),
  DeadLetters: ({ world }) => {
    const queues = world.services.sqs.all().flatMap(({ redrive }) => redrive?.queue ?? []);
    return queues.some((queue) => queue.visible > 0);
  },
};

/** Alarms that ring for one thing only, which is seen from outside: without it they must not ring. */
const only = ['BreakerOpen', 'NodeStranded', 'DeadLetters'];

const failures: readonly string[] = [
  'Node Quarantined',
  'Node Replaced',
  'Node Held',
  'Reverification Failed',
] satisfies DetailType[];

function failed(type: string, outcome: string): boolean {
  return (
    failures.includes(type) &&
    isOutcome(outcome) &&
    !makesRoom(outcome) &&
    !['done', 'discard'].includes(endingOf(outcome))
  );
}

/** Whether a bad version, or a fault that nodes do not survive, explains an alarm during a rollout. */
function isOfRollout(faultRun: FaultRun, name: string): boolean {
  const { rollout, badVersions } = faultRun;
  if (rollout === undefined) return false;
  return (badVersions.size > 0 || closesNodes(faultRun)) && ofFailingRollouts.includes(name);
}

/** Whatever breaks a launch rings an alarm, and nothing rings that the planted faults do not explain. */
export const alarmed: Invariant = {
  name: 'alarms',
  violations(faultRun) {
    const fired = alarmsThatFired(faultRun.world);
    const rings = (name: string) =>
      fired.some((one) => one.replace(/^(Admission|Dispatch|Results|Terminations|Cluster)-?/, '').startsWith(name));
    const silent = Object.entries(reasons).flatMap(([name, isGiven]) =>
      isGiven(faultRun) && !rings(name) ? [`${name} had to ring and did not`] : [],
    );
    const groundless = only.flatMap((name) =>
      rings(name) && reasons[name]?.(faultRun) !== true ? [`${name} rang without a reason`] : [],
    );
    const strange = fired.filter(
      (name) => !faultRun.faultNames.some((fault) => canRing(fault, name)) && !isOfRollout(faultRun, name),
    );
    return [...silent, ...groundless, ...strange.map((name) => `${name} rang, which no fault here explains`)];
  },
};

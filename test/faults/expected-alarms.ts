import { endingOf } from '../../domain/outcomes.ts';
import { type FaultKind, faultOf } from '../../packages/lab/faults.ts';

/**
 * The alarms that one node cannot ring, because each needs several failures, calls or hours, and why no single fault
 * must ring them.
 */
export const onlyTogether: Readonly<Record<string, string>> = {
  BreakerOpen: 'it takes three nodes of a pool: a scenario and the matrix play them',
  EventsMissed: 'it takes three missed events in a quarter of an hour: the matrix plays pools',
  CommandsThrottled: 'it takes fifty waiting nodes: a test of the table evaluates them',
  GatedTooLong: 'reconcile ends each launch before: it rings if that does not work either',
  ReleaseSlow: 'it needs a target in airlock.yaml',
  ClusterFailing: 'it is made of others, and exists only with a topic',
};

/** What a fault may ring besides {@link mustRing}, by its kind: what it breaks is what these alarms watch. */
const mayRing: Readonly<Record<FaultKind, readonly string[]>> = {
  events: ['EventsMissed'],
  // What could not be published is left to the queue, and the next pass finds it too.
  bus: ['EventsMissed', 'FunctionErrors', 'ReconcileSilent'],
  queues: ['EventsMissed'],
  'AWS APIs': ['FunctionErrors', 'ReconcileSilent', 'EventsMissed', 'NodeStranded', 'CommandsThrottled', 'DeadLetters'],
  'errors of AWS operations': [
    'FunctionErrors',
    'ReconcileSilent',
    'EventsMissed',
    'NodeStranded',
    'CommandsThrottled',
    'DeadLetters',
    'DocumentChanged',
  ],
  functions: ['FunctionErrors', 'ReconcileSilent', 'EventsMissed'],
  'task tokens': ['EventsMissed'],
  commands: [],
  agents: [],
  instances: ['EventsMissed'],
  nodes: [],
  'Kubernetes API': ['FunctionErrors', 'ReconcileSilent'],
  deployments: [],
  drift: [],
  time: ['EventsMissed'],
  'exact failures': [],
  machines: [],
};

/** Alarms of failing launches: a fault that heals rings none of them, and one that does not may ring any. */
const ofFailures = ['ReleaseRate', 'BreakerOpen', 'GatedTooLong', 'ClusterFailing'];

/** What a failing version may ring while it rolls out. */
export const ofFailingRollouts: readonly string[] = [...ofFailures, 'RolloutStopped'];

/** What faults ring by themselves besides the alarm of the release rate, sorted by name. */
const ownAlarms: Readonly<Record<string, readonly string[]>> = {
  'cluster-forbids': ['ReconcileSilent'],
  'error-ec2-DescribeInstances': ['ReconcileSilent'],
  'name-reused': ['NodeUnclaimed'],
};

/**
 * Which alarms must ring if a fault is planted by its name and one node is launched: the release rate's if its launch
 * fails, and its own.
 */
export function mustRing(name: string): readonly string[] {
  const ending = endingOf(faultOf(name).ends ?? 'released');
  const isFailure = ending !== 'done' && ending !== 'discard';
  return [...(ownAlarms[name] ?? []), ...(isFailure ? ['ReleaseRate'] : [])].toSorted();
}

/** Whether an alarm may ring under a fault. All others must not. */
export function canRing(name: string, alarm: string): boolean {
  const { kind, heals } = faultOf(name);
  const own = [...mayRing[kind], ...(ownAlarms[name] ?? [])].some((one) => alarm.includes(one));
  return own || (heals !== true && ofFailures.includes(alarm));
}

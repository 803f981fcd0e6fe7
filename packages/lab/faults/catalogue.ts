import { agentFaults } from './families/agents.ts';
import { apiFaults } from './families/api.ts';
import { busFaults } from './families/bus.ts';
import { clusterFaults } from './families/clusters.ts';
import { commandFaults } from './families/commands.ts';
import { deployFaults } from './families/deploys.ts';
import { driftFaults } from './families/drift.ts';
import { errorFaults } from './families/errors.ts';
import { eventFaults } from './families/events.ts';
import { functionFaults } from './families/functions.ts';
import { instanceFaults } from './families/instances.ts';
import { machineFamily } from './families/machines.ts';
import { namedFaults } from './families/named.ts';
import { nodeFaults } from './families/nodes.ts';
import { queueFaults } from './families/queues.ts';
import { timeFaults } from './families/time.ts';
import { tokenFaults } from './families/tokens.ts';
import type { Family, Fault } from './fault.ts';

/** The kinds of faults, in the order in which the fault matrix plays them. */
const families = {
  events: eventFaults,
  bus: busFaults,
  queues: queueFaults,
  'AWS APIs': apiFaults,
  'errors of AWS operations': errorFaults,
  functions: functionFaults,
  'task tokens': tokenFaults,
  commands: commandFaults,
  agents: agentFaults,
  instances: instanceFaults,
  nodes: nodeFaults,
  'Kubernetes API': clusterFaults,
  deployments: deployFaults,
  drift: driftFaults,
  time: timeFaults,
  'exact failures': namedFaults,
  machines: machineFamily,
} as const satisfies Readonly<Record<string, Family>>;

/** A kind of faults: what breaks. */
export type FaultKind = keyof typeof families;

/** A fault with its kind. */
export type CataloguedFault = Fault & { readonly kind: FaultKind };

/**
 * Everything that can go wrong around Airlock, by name. `npm start --fault`, scenarios and the fault matrix take theirs
 * from here.
 */
export const faults: Readonly<Record<string, CataloguedFault>> = Object.fromEntries(
  (Object.entries(families) as [FaultKind, Family][]).flatMap(([kind, family]) =>
    Object.entries(family).map(([name, fault]) => [name, { ...fault, kind }]),
  ),
);

/** Names of the faults that the fault matrix draws. */
export const matrixFaults: readonly string[] = Object.keys(faults).filter((name) => faults[name]?.only !== 'name');

/** Names of the faults that can be planted by name. */
export const namedFaultNames: readonly string[] = Object.keys(faults).filter((name) => faults[name]?.only !== 'matrix');

/** The fault of a name. Throws if there is none. */
export function faultOf(name: string): CataloguedFault {
  const fault = Object.hasOwn(faults, name) ? faults[name] : undefined;
  if (fault === undefined) throw new Error(`there is no fault ${name}`);
  return fault;
}

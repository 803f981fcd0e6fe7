import { karpenterNode, type LaunchedNode, type NodeChange, type Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';

/** The cluster of the sample airlock.yaml, and its gate. */
export const cluster = 'demo';
export const gate = 'airlock.dev/bootstrap';
/** The events of a launch that is released at once. */
export const releasedTimeline = ['Node Admitted', 'Command Sent', 'Node Proven', 'Proof Pod Ran', 'Node Released'];
/** How long nodes have to end, in milliseconds: twice their deadline. */
const patienceMs = 40 * 60_000;

/** Launches a Karpenter node in our cluster. */
export function launch(world: Simulation, change: NodeChange = {}): Promise<LaunchedNode> {
  return world.launch(karpenterNode(cluster, gate, change));
}

/** Lets time pass until all nodes have ended. Throws if one has not. */
export async function settle(world: Simulation): Promise<void> {
  if (!(await world.settle(patienceMs))) throw new Error('a node did not end in time');
}

/** Lets time pass, whatever happens. */
export async function pass(world: Simulation, ms: number): Promise<void> {
  if (world.clock instanceof VirtualClock) await world.clock.run(() => false, world.clock.now() + ms);
}

/** The Kubernetes Node of a launched node. Throws if there is none. */
export function nodeOf(world: Simulation, { nodeName }: LaunchedNode): StoredObject {
  const node = world.clusters.get(cluster)?.node(nodeName);
  if (node === undefined) throw new Error(`the cluster has no Node ${nodeName}`);
  return node;
}

/** The keys of Airlock's own taints on a Node. */
export function taintsOf(world: Simulation, node: LaunchedNode): readonly string[] {
  return (nodeOf(world, node).spec?.taints ?? []).map(({ key }) => key).filter((key) => key.startsWith('airlock.dev/'));
}

/** How many successful calls of an operation the journal has. */
export function done(world: Simulation, operation: string): number {
  return world.cloud.journal.filter((entry) => entry.operation === operation && entry.error === undefined).length;
}

/** How many commands a node was sent. */
export function commandsFor(world: Simulation, { instanceId }: LaunchedNode): number {
  const wentTo = world.services.ssm
    .commands()
    .filter(({ invocations }) => invocations.some((one) => one.instanceId === instanceId));
  return wentTo.length;
}

/** The detail-types of a node's events, in order, without what reconcile found: that is the event of a pass. */
export function timeline(world: Simulation, node: LaunchedNode): readonly string[] {
  return world.timelineOf(node).flatMap(({ 'detail-type': type }) => (type === 'Reconcile Finding' ? [] : [type]));
}

/** The function whose construct has this name. */
export function functionName(world: Simulation, construct: string): string {
  return world.cloud.resource(`${construct}/Function/Resource`).ref;
}

import { inject, onTestFinished } from 'vitest';
import type { MachineFault } from '../../packages/lab/faults.ts';
import { type Machine, SimulatedMachine } from '../../packages/lab/machines.ts';
import { startMirror } from '../../packages/lab/releases.ts';
import {
  karpenterNode,
  type LaunchedNode,
  type NodeChange,
  type Simulation,
  startModelled,
} from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { Copy, type PoolRules } from '../mutations/assembly.ts';

export const cluster = 'demo';
export const gate = 'airlock.dev/bootstrap';
const patienceMs = 40 * 60_000;

/**
 * A simulation on the virtual clock, over the synthesized template, that ends with its test.
 *
 * @param machine creates the nodes' machines; by default simulated ones with the faults
 * @param assembly another assembly than the one of the sample airlock.yaml
 * @param clusters the clusters that exist; by default the sample's
 */
export async function startSimulation(
  machineFaults: readonly MachineFault[] = [],
  machine?: () => Promise<Machine>,
  assembly = inject('assembly'),
  clusters: readonly string[] = [cluster],
): Promise<Simulation> {
  const mirror = await startMirror();
  const world = await startModelled(assembly, {
    clusters,
    machine: machine ?? (() => SimulatedMachine.create({ faults: machineFaults }, mirror)),
  });
  onTestFinished(async () => {
    await world.stop();
    await mirror.close();
  });
  return world;
}

/** The sample's assembly, or another one, with other rules for pools, as if its airlock.yaml had them. It is removed after the test. */
export function withPools(change: PoolRules, assembly = inject('assembly')): string {
  const copy = new Copy(assembly);
  onTestFinished(() => copy.remove());
  copy.setRules(change);
  return copy.write();
}

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

/** Turns reconcile off, so that it does not do what a test looks at. */
export function withoutReconcile(world: Simulation): void {
  for (const schedule of world.services.scheduler.schedules) schedule.enabled = false;
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

/** The detail-types of a node's events, in order. */
export function timeline(world: Simulation, node: LaunchedNode): readonly string[] {
  return world.timelineOf(node).map((event) => event['detail-type']);
}

/** The function whose construct has this name. */
export function functionName(world: Simulation, construct: string): string {
  return world.cloud.resource(`${construct}/Function/Resource`).ref;
}

/** An EC2 event in the form in which the admission queue has it. */
export function launchRecord(instanceId: string, at: string, id = instanceId): object {
  return {
    messageId: id,
    receiptHandle: id,
    body: JSON.stringify({
      version: '0',
      id,
      'detail-type': 'EC2 Instance State-change Notification',
      source: 'aws.ec2',
      account: '123456789012',
      time: at,
      region: 'eu-central-1',
      resources: [`arn:aws:ec2:eu-central-1:123456789012:instance/${instanceId}`],
      detail: { 'instance-id': instanceId, state: 'running' },
    }),
    attributes: {},
    messageAttributes: {},
    eventSource: 'aws:sqs',
  };
}

import { inject, onTestFinished } from 'vitest';
import type { MachineFault } from '../../packages/lab/faults.ts';
import { type Machine, ModelledMachine, SimulatedMachine } from '../../packages/lab/machines.ts';
import { startMirror } from '../../packages/lab/releases.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { Copy, type PoolRules } from '../mutations/assembly.ts';
import { cluster } from './observe.ts';
import { startPrepared } from './prepared.ts';

export {
  cluster,
  commandsFor,
  done,
  functionName,
  gate,
  launch,
  nodeOf,
  pass,
  releasedTimeline,
  settle,
  taintsOf,
  timeline,
} from './observe.ts';

/**
 * A simulation on the virtual clock, over the synthesized template, that ends with its test.
 *
 * @param machineFaults the fault of the nodes' machines, if they are modelled
 * @param machine creates the nodes' machines; by default modelled ones, which answer what the documents' shell answered
 * when it was recorded
 * @param assembly another assembly than the one of the sample airlock.yaml
 * @param clusters the clusters that exist; by default the sample's
 */
export async function startSimulation(
  machineFaults: readonly MachineFault[] = [],
  machine: () => Promise<Machine> = async () => new ModelledMachine(machineFaults),
  assembly = inject('prepared'),
  clusters: readonly string[] = [cluster],
): Promise<Simulation> {
  const world = await startPrepared(assembly, { clusters, machine });
  onTestFinished(() => world.stop());
  return world;
}

/** Creates machines on which the documents' shell runs, for tests that look at a node's files. */
export async function withShell(faults: readonly MachineFault[] = []): Promise<() => Promise<SimulatedMachine>> {
  const mirror = await startMirror();
  onTestFinished(() => mirror.close());
  return () => SimulatedMachine.create({ faults }, mirror);
}

/**
 * The sample's assembly, or another one, with other rules for pools, as if its airlock.yaml had them. It is removed
 * after the test.
 */
export function withPools(change: PoolRules, assembly = inject('prepared')): string {
  const copy = new Copy(assembly);
  onTestFinished(() => copy.remove());
  copy.setRules(change);
  return copy.write();
}

/** Turns reconcile off, so that it does not do what a test looks at. */
export function withoutReconcile(world: Simulation): void {
  for (const schedule of world.services.scheduler.schedules) schedule.enabled = false;
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

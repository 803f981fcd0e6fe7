import type { Clock } from '../../local-aws/clock.ts';
import type { LambdaFunction } from '../../local-aws/lambda.ts';
import type { DeliveryHook } from '../../local-aws/services.ts';
import { Controllers } from '../../local-kubernetes/controllers.ts';
import type { KubernetesStandIn } from '../../local-kubernetes/stand-in.ts';
import type { MachineFault } from '../machine/faults.ts';
import { FaultyMachine } from '../machine/faulty.ts';
import type { LaunchedNode, NodePlan } from '../simulation/node.ts';
import type { Simulation } from '../simulation/simulation.ts';
import { type CallFault, Calls } from './calls.ts';

/** The Karpenter pool whose failed nodes the matrix's configuration replaces. */
export const replacingPool = 'replacing';

/** How long a cloud controller takes to delete the Node of a terminated instance, in milliseconds. */
const nodeDeletedAfterMs = 30_000;

/** A launched node with the machine that it is. */
export interface FaultyNode {
  readonly node: LaunchedNode;
  /** Throws if the machine is not one on whose answers faults can be planted. */
  readonly machine: FaultyMachine;
}

/** A simulation with the hooks on which faults are planted. */
export class FaultSite {
  readonly world: Simulation;
  readonly clock: Clock;
  readonly cluster: KubernetesStandIn;
  /** The Karpenter pool that nodes are launched in, if a fault needs a certain one. */
  pool: string | undefined;
  /** Instances that a fault ended: nothing else may have. */
  readonly ended = new Set<string>();
  /** When a fault last deleted the Node of an instance, in milliseconds since the epoch. */
  readonly deleted = new Map<string, number>();
  /** What changes how a node is launched, in order. */
  readonly plans: ((plan: NodePlan) => NodePlan)[] = [];
  /** What may be wrong with the next machine. */
  readonly machineFaults: (() => MachineFault | undefined)[] = [];
  /** Called with each node that is launched. */
  readonly launched: ((node: FaultyNode) => void)[] = [];
  /** Acts of the faults, and launches, that are still to come. */
  pending = 0;
  readonly #calls: Calls;
  readonly #deliveries: DeliveryHook[] = [];
  readonly #controllers: Controllers;

  /**
   * @param cluster the name of the cluster that nodes join
   * @param latencyMs how long a call of a function takes, there and back each, in milliseconds; none by default
   */
  constructor(world: Simulation, cluster: string, latencyMs?: () => number) {
    const found = world.clusters.get(cluster);
    if (found === undefined) throw new Error(`there is no cluster ${cluster}`);
    this.world = world;
    this.clock = world.clock;
    this.cluster = found;
    this.#controllers = new Controllers(found, world.clock);
    this.#calls = new Calls(world, latencyMs);
    world.cloud.faults = this.#calls;
    world.services.events.delivery = (delivered) => {
      for (const hook of this.#deliveries) {
        const times = hook(delivered);
        if (times !== undefined) return times;
      }
      return undefined;
    };
    world.onLaunch.push((node) => this.#strike(node));
    // A real cluster's cloud controller deletes the Node of a terminated instance.
    world.services.ec2.watch(({ id, state }) => {
      const node = world.nodes.find(({ instanceId }) => instanceId === id);
      if (node === undefined || state === 'pending' || state === 'running') return;
      node.stop();
      if (state === 'terminated')
        this.clock.after(nodeDeletedAfterMs, () => void this.#controllers.instanceGone(node.nodeName));
    });
  }

  /** Plants a fault of calls. */
  onCall(fault: CallFault): void {
    this.#calls.plant(fault);
  }

  /** Plants a fault of the bus: the first hook that has an answer decides. */
  onDelivery(hook: DeliveryHook): void {
    this.#deliveries.push(hook);
  }

  /** A function by the name of its folder under lambdas/; undefined if Airlock has none. */
  function(name: string): LambdaFunction | undefined {
    return this.functions().find(({ settings }) => settings.environment['POWERTOOLS_SERVICE_NAME'] === name);
  }

  /** Airlock's functions. */
  functions(): readonly LambdaFunction[] {
    const all = [...this.world.cloud.lambda.functions.values()];
    return all.filter(({ settings }) => settings.environment['POWERTOOLS_SERVICE_NAME'] !== undefined);
  }

  /** How a node is launched under the faults that are planted. */
  plan(usual: NodePlan): NodePlan {
    const pool = this.pool === undefined ? {} : { 'karpenter.sh/nodepool': this.pool };
    return this.plans.reduce((plan, change) => change(plan), { ...usual, tags: { ...usual.tags, ...pool } });
  }

  /** What is wrong with the next machine. */
  nextMachineFault(): MachineFault | undefined {
    return this.machineFaults.map((ask) => ask()).find((one) => one !== undefined);
  }

  /** Launches one more node; the matrix does. */
  launch(): Promise<void> {
    throw new Error('this fault needs the pools of the fault matrix');
  }

  /** Ends an instance, as a scale-in does. */
  terminate({ node }: FaultyNode): void {
    this.endInstance(node.instanceId);
  }

  /** The same by the id of an instance. */
  endInstance(instanceId: string): void {
    this.ended.add(instanceId);
    this.world.services.ec2.terminate(instanceId);
  }

  /** Deletes a Node, as an administrator does with kubectl. */
  deleteNode({ node }: FaultyNode): Promise<void> {
    this.deleted.set(node.instanceId, this.clock.now());
    return this.#controllers.instanceGone(node.nodeName);
  }

  /** Calls `act` once, some milliseconds from now; until then the run is not over. */
  after(ms: number, act: () => void | Promise<void>): void {
    this.pending++;
    this.clock.after(ms, async () => {
      await act();
      this.pending--;
    });
  }

  /** Plants faults in a simulation that has nodes already: they strike those too. */
  strikeOld(plant: () => void): void {
    const before = this.launched.length;
    plant();
    const hooks = this.launched.slice(before);
    for (const node of this.world.nodes) for (const hook of hooks) hook(this.#faulty(node));
  }

  #strike(node: LaunchedNode): void {
    for (const hook of this.launched) hook(this.#faulty(node));
  }

  #faulty(node: LaunchedNode): FaultyNode {
    return {
      node,
      get machine() {
        if (node.machine instanceof FaultyMachine) return node.machine;
        throw new Error(`the machine of ${node.instanceId} takes no faults`);
      },
    };
  }
}

import { renderManifests } from '../../kubernetes/manifests.ts';
import type { MachineFault } from '../../packages/lab/faults.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode, type LaunchedNode, type NodePlan, Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import type { LambdaFunction } from '../../packages/local-aws/lambda.ts';
import type { DeliveryHook } from '../../packages/local-aws/services.ts';
import { Controllers } from '../../packages/local-kubernetes/controllers.ts';
import type { KubernetesStandIn } from '../../packages/local-kubernetes/stand-in.ts';
import { type CallFault, Calls } from './calls.ts';
import type { FaultFacts } from './fault-facts.ts';
import { WatchedMachine } from './machine.ts';
import type { SeededRandom } from './seeded-random.ts';
import { Watch } from './watch.ts';

/** The cluster of every run, and its gate. */
export const clusterName = 'demo';
const gate = 'airlock.dev/bootstrap';

/** The pool whose failed nodes are replaced; those of every other pool are kept. */
export const replacingPool = 'replacing';

/** What an administrator applied beforehand; that a deployment applies it has tests of its own, and each run saves the time. */
const manifests = renderManifests({ runtimes: ['gvisor'] });

/** How long downloads take, in seconds more or less; one that takes longer than a dispatcher keeps its claim is among them. */
const downloads = [0, 4, 15, 40, 120];

/** The deadline in airlock.yaml, in milliseconds. */
export const deadlineMs = 20 * 60_000;

/** A node of a run with the machine that it is. */
export interface FaultRunNode {
  readonly node: LaunchedNode;
  readonly machine: WatchedMachine;
}

/** One run: a world over the synthesized template, and the hooks on which faults are planted. */
export class FaultRun {
  readonly clock: VirtualClock;
  readonly world: Simulation;
  readonly cluster: KubernetesStandIn;
  readonly watch: Watch;
  readonly nodes: FaultRunNode[] = [];
  /** The pool that the nodes are launched in. */
  pool: string;
  /** What is planted. */
  readonly faults: FaultFacts[] = [];
  /** Instances that a fault ended: no one else may have. */
  readonly ended = new Set<string>();
  /** When a fault last took away the Node of an instance, in milliseconds since the epoch. */
  readonly deleted = new Map<string, number>();
  /** What changes how a node is launched, in order. */
  readonly plans: ((plan: NodePlan) => NodePlan)[] = [];
  /** What may be wrong with the next machine. */
  readonly machineFaults: (() => MachineFault | undefined)[] = [];
  /** EventDetails of each node that is launched. */
  readonly launched: ((node: FaultRunNode) => void)[] = [];
  /**
   * What began before this has to have ended when the run is over, in milliseconds since the epoch. Nodes that an open breaker holds are tried one
   * after the other, for ever if nothing fixes the cause.
   */
  restsFrom = Number.POSITIVE_INFINITY;
  /** Acts of the faults, and launches, that are still to come. */
  pending = 0;
  readonly #calls: Calls;
  readonly #deliveries: DeliveryHook[] = [];
  readonly #made: WatchedMachine[];
  readonly #controllers: Controllers;
  readonly #random: SeededRandom;

  private constructor(world: Simulation, clock: VirtualClock, made: WatchedMachine[], random: SeededRandom) {
    const cluster = world.clusters.get(clusterName);
    if (cluster === undefined) throw new Error(`there is no cluster ${clusterName}`);
    this.world = world;
    this.clock = clock;
    this.cluster = cluster;
    this.#made = made;
    this.#random = random;
    this.pool = random.pick(['sandboxed', replacingPool]);
    this.#controllers = new Controllers(cluster, clock);
    this.#calls = new Calls(world, random);
    this.watch = new Watch(world, cluster, gate);
    world.cloud.faults = this.#calls;
    world.services.events.delivery = (delivered) => {
      for (const hook of this.#deliveries) {
        const times = hook(delivered);
        if (times !== undefined) return times;
      }
      return undefined;
    };
    // A real cluster's cloud controller takes the Node of a terminated instance away.
    world.services.ec2.watch(({ id, state }) => {
      const found = this.nodes.find(({ node }) => node.instanceId === id);
      if (found === undefined || state === 'pending' || state === 'running') return;
      found.node.stop();
      if (state === 'terminated') clock.after(30_000, () => void this.#controllers.instanceGone(found.node.nodeName));
    });
  }

  /** Deploys the assembly into a fresh world, in which each call takes as long as the random say. */
  static async begin(assembly: string, random: SeededRandom): Promise<FaultRun> {
    const clock = new VirtualClock();
    const made: WatchedMachine[] = [];
    let faultRun: FaultRun | undefined;
    const world = await Simulation.start({
      assembly,
      clock,
      clusters: [clusterName],
      manifests,
      machine: async () => {
        const fault = faultRun?.machineFaults.map((ask) => ask()).find((one) => one !== undefined);
        const machine = new WatchedMachine(new ModelledMachine(fault === undefined ? [] : [fault]), clock);
        made.push(machine);
        return machine;
      },
    });
    faultRun = new FaultRun(world, clock, made, random);
    return faultRun;
  }

  /** Plants a fault of calls. */
  onCall(fault: CallFault): void {
    this.#calls.plant(fault);
  }

  /** Plants a fault of the bus: the first hook that has an answer decides. */
  onDelivery(hook: DeliveryHook): void {
    this.#deliveries.push(hook);
  }

  /** A function by the name of its folder under lambdas/; undefined if the product has none. */
  function(name: string): LambdaFunction | undefined {
    return this.functions().find(({ settings }) => settings.environment['POWERTOOLS_SERVICE_NAME'] === name);
  }

  /** The product's functions. */
  functions(): readonly LambdaFunction[] {
    const all = [...this.world.cloud.lambda.functions.values()];
    return all.filter(({ settings }) => settings.environment['POWERTOOLS_SERVICE_NAME'] !== undefined);
  }

  /** Launches a node as Karpenter does. */
  async launch(): Promise<void> {
    const born = karpenterNode(clusterName, gate, { tags: { 'karpenter.sh/nodepool': this.pool } });
    const plan = this.plans.reduce((changed, change) => change(changed), born);
    const node = await this.world.launch(plan);
    const machine = this.#made.find((one) => one === node.machine);
    if (machine === undefined) throw new Error(`no one made the machine of ${node.instanceId}`);
    // A download takes its time on a real node; what was recorded came from the machine itself.
    machine.slowerMs = this.#random.pick(downloads) * this.#random.int(500, 1_500);
    const made = { node, machine };
    this.nodes.push(made);
    this.cluster.watchPods(node.nodeName, (pod) => this.watch.podChanged(pod, this.clock.now()));
    for (const tell of this.launched) tell(made);
  }

  /** Ends an instance, as a scale-in does. */
  terminate({ node }: FaultRunNode): void {
    this.ended.add(node.instanceId);
    this.world.services.ec2.terminate(node.instanceId);
  }

  /** Takes a Node away, as someone with kubectl does. */
  deleteNode({ node }: FaultRunNode): Promise<void> {
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

  /** Lets time pass, at most until a time, and ends as soon as nothing is left to do. */
  run(done: () => boolean, until: number): Promise<boolean> {
    return this.clock.run(done, until);
  }

  stop(): Promise<void> {
    return this.world.stop();
  }
}

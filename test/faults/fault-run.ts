import { renderManifests } from '../../kubernetes/manifests.ts';
import { type CataloguedFault, FaultSite, replacingPool } from '../../packages/lab/faults.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode, type LaunchedNode, type NodeChange, Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { WatchedMachine } from './machine.ts';
import type { WatchedRollout } from './rollouts/watched-rollout.ts';
import type { SeededRandom } from './seeded-random.ts';
import { Watch } from './watch.ts';

/** The cluster of every run, and its gate. */
export const clusterName = 'demo';
const gate = 'airlock.dev/bootstrap';

/**
 * What an administrator applied beforehand: separate tests cover a deployment that applies it, and each run saves the
 * time.
 */
const manifests = renderManifests({ runtimes: ['gvisor', 'kata'] });

/**
 * Changes in the duration of downloads, in seconds; one that takes longer than a dispatcher keeps its claim is
 * included.
 */
const downloads = [0, 4, 15, 40, 120];

/** The deadline in airlock.yaml, in milliseconds. */
export const deadlineMs = 20 * 60_000;

/** How long a call of a function takes at most, there and back each, in milliseconds. */
const longestCallMs = 40;

/** A node of a run with its machine. */
export interface FaultRunNode {
  readonly node: LaunchedNode;
  readonly machine: WatchedMachine;
}

/**
 * One run: a simulation of the synthesized template on which faults are planted, and what is seen of it from outside.
 */
export class FaultRun extends FaultSite {
  override readonly clock: VirtualClock;
  readonly watch: Watch;
  readonly nodes: FaultRunNode[] = [];
  /** The pool that the nodes are launched in. */
  override pool: string;
  /** What is planted. */
  readonly faults: CataloguedFault[] = [];
  readonly faultNames: string[] = [];
  /** The versions whose proof fails on every machine. */
  readonly badVersions = new Set<string>();
  /** What is seen of the run's rollout; undefined if it plays launches only. */
  rollout: WatchedRollout | undefined;
  /** What differs in how nodes are launched. */
  usual: NodeChange = {};
  /**
   * Whatever began before this must have ended when the run is over, in milliseconds since the epoch. Nodes that an
   * open breaker holds are tried one after the other, forever if nothing fixes the cause.
   */
  restsFrom = Number.POSITIVE_INFINITY;
  readonly #random: SeededRandom;

  private constructor(world: Simulation, clock: VirtualClock, random: SeededRandom) {
    super(world, clusterName, () => random.int(1, longestCallMs));
    this.clock = clock;
    this.#random = random;
    this.pool = random.pick(['sandboxed', replacingPool]);
    this.watch = new Watch(world, this.cluster, gate);
    this.launched.push(({ node }) => this.#watch(node));
  }

  /** Deploys the assembly into a fresh simulation, in which each call takes as long as the random numbers decide. */
  static async begin(assembly: string, random: SeededRandom): Promise<FaultRun> {
    const clock = new VirtualClock();
    let faultRun: FaultRun | undefined;
    const world = await Simulation.start({
      assembly,
      clock,
      clusters: [clusterName],
      manifests,
      machine: async () => {
        const fault = faultRun?.nextMachineFault();
        const isBad = (version: string) => faultRun?.badVersions.has(version) === true;
        return new WatchedMachine(new ModelledMachine(fault === undefined ? [] : [fault], isBad), clock);
      },
    });
    faultRun = new FaultRun(world, clock, random);
    return faultRun;
  }

  /** Launches a node as Karpenter does. */
  override async launch(): Promise<void> {
    await this.world.launch(this.plan(karpenterNode(clusterName, gate, this.usual)));
  }

  /** Whether a node takes pods: it has joined, and has no gate. */
  isOpen({ nodeName, instanceId }: LaunchedNode): boolean {
    const { spec } = this.cluster.node(nodeName) ?? {};
    const isOwn = spec?.providerID?.endsWith(`/${instanceId}`) === true;
    return isOwn && !(spec?.taints?.some(({ key }) => key === gate) ?? false);
  }

  /** Whether the instance of a node is there, and not stopped. */
  isAlive({ instanceId }: LaunchedNode): boolean {
    return ['pending', 'running'].includes(this.world.services.ec2.find(instanceId)?.state ?? '');
  }

  /** A download takes its time on a real node. What was recorded came from the machine itself. */
  #watch(node: LaunchedNode): void {
    if (!(node.machine instanceof WatchedMachine)) throw new Error(`the machine of ${node.instanceId} is not watched`);
    node.machine.slowerMs += this.#random.pick(downloads) * this.#random.int(500, 1_500);
    node.machine.isOpen = () => this.isOpen(node);
    this.nodes.push({ node, machine: node.machine });
    this.cluster.watchPods(node.nodeName, (pod) => this.watch.podChanged(pod, this.clock.now()));
  }

  /** Lets time pass, at most until a time, and ends as soon as nothing is pending. */
  run(done: () => boolean, until: number): Promise<boolean> {
    return this.clock.run(done, until);
  }

  stop(): Promise<void> {
    return this.world.stop();
  }
}

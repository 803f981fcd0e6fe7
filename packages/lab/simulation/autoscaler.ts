/**
 * An autoscaler that launches substitutes as Karpenter does: https://karpenter.sh/docs/concepts/nodepools/ (startupTaints) and its
 * scheduling simulation. A node that bears none but declared startup taints is capacity to come, however long they stay; one that bears
 * any other taint that pods do not tolerate is not, and pods that wait get another node.
 */
import { karpenterUnregisteredTaint } from '../../../domain/kubernetes.ts';
import type { LaunchedNode, NodePlan } from './node.ts';
import type { Simulation } from './simulation.ts';

/** What the autoscaler works for. */
export interface Demand {
  readonly world: Simulation;
  /** The cluster whose Nodes it reads. */
  readonly cluster: string;
  /** Pods that want a node each. */
  readonly pods: number;
  /** How nodes are launched. */
  readonly plan: NodePlan;
}

/** Taints that a node bears while it comes up, and that Karpenter expects to go by themselves. */
const ephemeral: readonly string[] = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.cloudprovider.kubernetes.io/uninitialized',
  karpenterUnregisteredTaint,
];

/** How often it looks, in milliseconds. */
const everyMs = 10_000;

/** Keeps as many nodes as there are pods, by its own count of what is capacity. */
export class Autoscaler {
  readonly launched: LaunchedNode[] = [];
  readonly #demand: Demand;
  #stopped = false;

  constructor(demand: Demand) {
    this.#demand = demand;
  }

  /** Looks now, and from then on until it is stopped. */
  async start(): Promise<void> {
    if (this.#stopped) return;
    const { world, pods, plan } = this.#demand;
    const missing = pods - this.launched.filter((node) => this.#isCapacity(node)).length;
    for (let count = 0; count < missing; count++) this.launched.push(await world.launch(plan));
    world.clock.after(everyMs, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Instances that were paid for and are of no use: they are ended, or stand if no pod will ever go and none is expected. */
  lost(): number {
    return this.launched.filter((node) => !this.#isCapacity(node)).length;
  }

  #isCapacity({ instanceId, nodeName }: LaunchedNode): boolean {
    const { world, cluster, plan } = this.#demand;
    const state = world.services.ec2.find(instanceId)?.state;
    if (state !== 'pending' && state !== 'running') return false;
    const taints = world.clusters.get(cluster)?.node(nodeName)?.spec?.taints ?? [];
    return taints.every(({ key }) => key === plan.gate || ephemeral.includes(key));
  }
}

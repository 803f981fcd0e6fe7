/**
 * An autoscaler that launches substitutes like Karpenter: https://karpenter.sh/docs/concepts/nodepools/ (startupTaints)
 * and its scheduling simulation. A node with only declared startup taints counts as upcoming capacity, however long
 * they stay. A node with any other taint that pods do not tolerate does not, and waiting pods get another node.
 */
import { karpenterUnregisteredTaint } from '../../../domain/kubernetes.ts';
import type { LaunchedNode, NodePlan } from './node.ts';
import type { Simulation } from './simulation.ts';

/** The autoscaler's task. */
export interface Demand {
  readonly world: Simulation;
  /** The cluster whose Nodes it reads. */
  readonly cluster: string;
  /** Pods that need a node each. */
  readonly pods: number;
  /** How nodes are launched. */
  readonly plan: NodePlan;
}

/** Taints of a node that is coming up, which Karpenter expects to be removed. */
const ephemeral: readonly string[] = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/unreachable',
  'node.cloudprovider.kubernetes.io/uninitialized',
  karpenterUnregisteredTaint,
];

/** How often it scans, in milliseconds. */
const everyMs = 10_000;

/** Keeps as many nodes as there are pods, counting capacity like Karpenter. */
export class Autoscaler {
  readonly launched: LaunchedNode[] = [];
  readonly #demand: Demand;
  #stopped = false;

  constructor(demand: Demand) {
    this.#demand = demand;
  }

  /** Scans now, and then regularly until it is stopped. */
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

  /**
   * Instances that were paid for and are useless: terminated, or running although no pod will ever land and none is
   * expected.
   */
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

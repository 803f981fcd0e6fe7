import { quarantineKey } from '../../../domain/kubernetes.ts';
import type { LaunchedNode } from '../../../packages/lab/simulation.ts';
import type { FaultRun } from '../fault-run.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** How many substitutes a run may have: a version that is bad fails on each. */
const mostSubstitutes = 25;

/**
 * Does what Karpenter does about nodes with a taint that pods do not tolerate: it launches another one for pods that
 * wait, and removes a node that gave way once its pods ended. Source: https://karpenter.sh/docs/concepts/disruption/
 */
export class RolloutAutoscaler {
  readonly #faultRun: FaultRun;
  readonly #random: SeededRandom;
  readonly #seen = new Set<string>();
  #substitutes = 0;

  constructor(faultRun: FaultRun, random: SeededRandom) {
    this.#faultRun = faultRun;
    this.#random = random;
    faultRun.cluster.watchNodes(({ metadata, spec }) => {
      const isClosed = spec?.taints?.some(({ key }) => key === quarantineKey) === true;
      if (!isClosed) this.#seen.delete(metadata.uid);
      if (!isClosed || this.#seen.has(metadata.uid)) return;
      this.#seen.add(metadata.uid);
      const node = faultRun.nodes.find(({ node: { nodeName } }) => nodeName === metadata.name)?.node;
      if (node !== undefined) this.#replace(node, metadata.uid);
    });
  }

  #replace(node: LaunchedNode, uid: string): void {
    const { draw } = this.#faultRun.rollout ?? {};
    if (this.#substitutes++ < mostSubstitutes && this.#random.chance(0.9))
      this.#faultRun.after(this.#random.int(5, 90) * 1_000, () => this.#faultRun.launch());
    // Without a longest wait, only the autoscaler removes what gave way.
    const staysFor = draw?.settings.maxDisruptionMinutes;
    if (draw?.runtime !== 'kata' || (staysFor !== undefined && this.#random.chance(0.5))) return;
    this.#faultRun.after(this.#random.int(2, 30) * 60_000, () => {
      const isStillOut = this.#seen.has(uid) && this.#faultRun.isAlive(node);
      if (isStillOut) this.#faultRun.endInstance(node.instanceId);
    });
  }
}

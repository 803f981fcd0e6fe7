import { poolNameOf } from '../../domain/ledger.ts';
import { type PoolNode, poolNodeOf } from '../../domain/rollout/nodes.ts';
import { type ReadRollout, type Rollout, rolloutName } from '../../domain/rollout/rollout.ts';
import { isStale } from '../admission/decide.ts';
import type { ManagedLaunch } from './decide-node.ts';

/** The fleet as the pass read it, for rollouts. */
export interface RolloutFleet {
  /** Every rollout, read before the fleet was: a pass that acted since then has changed its record. */
  readonly read: readonly ReadRollout[];
  readonly ours: ReadonlyMap<string, ManagedLaunch>;
  /** The instances whose Nodes the surveys saw behind a gate. */
  readonly gated: ReadonlySet<string>;
  /** The clusters whose Nodes were all read. Rollouts of any other cluster wait for the next pass. */
  readonly surveyed: ReadonlySet<string>;
  /** The pools with an instance whose latest run could not be read, by `<cluster> <pool>`. Their rollouts wait too. */
  readonly unread: ReadonlySet<string>;
}

/** One pool with its nodes. */
export interface RolloutPool {
  readonly cluster: string;
  readonly pool: string;
  readonly nodes: readonly PoolNode[];
}

/** Names a pool of a cluster. Nodes without a pool have their own id as pool: together they are one. */
export function poolKey(cluster: string, pool: string, instanceId: string): string {
  return JSON.stringify([cluster, poolNameOf({ instanceId, pool })]);
}

/**
 * Lists the pools of the clusters that the pass has read whole, those of rollouts without a node included.
 *
 * @param now milliseconds since the epoch
 */
export function listPools({ read, ours, gated, surveyed, unread }: RolloutFleet, now: number): readonly RolloutPool[] {
  const pools = new Map<string, PoolNode[]>();
  for (const { rollout } of read) pools.set(poolKey(rollout.cluster, rollout.pool, ''), []);
  for (const { admission, run, tag = '' } of ours.values()) {
    const { launch } = admission;
    // An instance that was in service before it was tagged has no gate, and nothing of Airlock.
    if (run?.launch === undefined && isStale(launch, now)) continue;
    const key = poolKey(launch.cluster, launch.pool, launch.instanceId);
    const nodes = pools.get(key) ?? [];
    pools.set(key, nodes);
    nodes.push(poolNodeOf(admission, run, tag, gated.has(launch.instanceId)));
  }
  return [...pools]
    .flatMap(([key, nodes]) => {
      const [cluster = '', pool = ''] = JSON.parse(key) as string[];
      return surveyed.has(cluster) && !unread.has(key) ? [{ cluster, pool, nodes }] : [];
    })
    .toSorted((one, other) => one.cluster.localeCompare(other.cluster) || one.pool.localeCompare(other.pool));
}

/**
 * Adds the rollouts that this pass could not bring forward, as they were read: one that stopped stays so, whether or
 * not its cluster answers.
 */
export function withUnseen(read: readonly ReadRollout[], decided: readonly Rollout[]): readonly Rollout[] {
  const names = new Set(decided.map(rolloutName));
  return [...decided, ...read.flatMap(({ rollout }) => (names.has(rolloutName(rollout)) ? [] : [rollout]))];
}

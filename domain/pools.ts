import type { InstanceProfiles } from './instance-profiles.ts';

/** What becomes of a node that was not released, as a pool's `onFailure` says it. */
export const onFailures = ['quarantine', 'replace', 'replace-then-quarantine'] as const;

/** What becomes of a node that was not released. */
export type OnFailure = (typeof onFailures)[number];

/** What holds for the nodes of a pool. */
export interface PoolPolicy {
  readonly deadlineMinutes: number;
  readonly onFailure: OnFailure;
  /** The launch hook that waits for the pool's nodes. */
  readonly launchHook?: string | undefined;
}

/** A pool that wants something else than the others: only what it says is there. */
export interface PoolOverride {
  /** As it stands in the tags of its instances: `poolOf` in tags.ts. */
  readonly name: string;
  readonly deadlineMinutes?: number | undefined;
  readonly onFailure?: OnFailure | undefined;
  readonly launchHook?: string | undefined;
  /** The instance profiles of its nodes, if they differ from the cluster's. */
  readonly instanceProfiles?: InstanceProfiles | undefined;
}

/** What holds for all pools, and the wishes of some. */
export interface Pools {
  readonly deadlineMinutes: number;
  readonly onFailure: OnFailure;
  readonly pools: readonly PoolOverride[];
  /** The instance profiles of nodes by cluster; a cluster that names none is absent. */
  readonly instanceProfiles?: Readonly<Record<string, InstanceProfiles>> | undefined;
}

/**
 * What holds for a pool. One with a launch hook replaces if it does not say otherwise: the hook is there so that an instance that failed
 * never comes into service.
 */
export function policyOf({ deadlineMinutes, onFailure, pools }: Pools, name: string): PoolPolicy {
  const wish = pools.find((pool) => pool.name === name);
  const hooked = wish?.launchHook === undefined ? onFailure : 'replace';
  return {
    deadlineMinutes: wish?.deadlineMinutes ?? deadlineMinutes,
    onFailure: wish?.onFailure ?? hooked,
    launchHook: wish?.launchHook,
  };
}

/**
 * The instance profiles that a pool's nodes have in a cluster.
 *
 * @returns undefined if neither the pool nor the cluster names any: then nodes are known by their tags alone
 */
export function profilesOf({ pools, instanceProfiles }: Pools, cluster: string, name: string) {
  return pools.find((pool) => pool.name === name)?.instanceProfiles ?? instanceProfiles?.[cluster];
}

import type { InstanceProfiles } from './instance-profiles.ts';

/** The values of `onFailure`: what to do with a node that failed. */
export const onFailures = ['quarantine', 'replace', 'replace-then-quarantine'] as const;

/** What to do with a node that failed. */
export type OnFailure = (typeof onFailures)[number];

/** The settings of a pool. */
export interface PoolPolicy {
  readonly deadlineMinutes: number;
  readonly onFailure: OnFailure;
  /** The launch hook that waits for the pool's nodes. */
  readonly launchHook?: string | undefined;
}

/** A pool's settings that differ from the defaults. */
export interface PoolOverride {
  /** The name in the tags of its instances; see `poolOf` in tags.ts. */
  readonly name: string;
  readonly deadlineMinutes?: number | undefined;
  readonly onFailure?: OnFailure | undefined;
  readonly launchHook?: string | undefined;
  /** The instance profiles of its nodes, if they differ from the cluster's. */
  readonly instanceProfiles?: InstanceProfiles | undefined;
}

/** The default settings, and the pools that override them. */
export interface Pools {
  readonly deadlineMinutes: number;
  readonly onFailure: OnFailure;
  readonly pools: readonly PoolOverride[];
  /** The instance profiles of nodes, by cluster; a cluster without any is absent. */
  readonly instanceProfiles?: Readonly<Record<string, InstanceProfiles>> | undefined;
}

/**
 * Resolves the settings of a pool. The default of `onFailure` is `replace` for a pool with a launch hook, because the
 * hook exists to keep failed instances out of service.
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
 * Resolves the instance profiles of a pool's nodes in a cluster.
 *
 * @returns undefined if neither the pool nor the cluster has any: then only their tags identify nodes
 */
export function profilesOf({ pools, instanceProfiles }: Pools, cluster: string, name: string) {
  return pools.find((pool) => pool.name === name)?.instanceProfiles ?? instanceProfiles?.[cluster];
}

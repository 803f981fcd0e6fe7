import * as v from 'valibot';

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

/** The instance profiles of nodes; see `InstanceProfiles` in instance-profiles.ts. */
const profiles = v.pipe(v.array(v.string()), v.readonly());

/** A pool's settings that differ from the defaults. */
const PoolOverrideSchema = v.strictObject({
  /** The name in the tags of its instances; see `poolOf` in tags.ts. */
  name: v.string(),
  deadlineMinutes: v.optional(v.number()),
  onFailure: v.optional(v.picklist(onFailures)),
  launchHook: v.optional(v.string()),
  /** The instance profiles of its nodes, if they differ from the cluster's. */
  instanceProfiles: v.optional(profiles),
});

/** The default settings, and the pools that override them. */
export const PoolsSchema = v.strictObject({
  deadlineMinutes: v.number(),
  onFailure: v.picklist(onFailures),
  pools: v.pipe(v.array(PoolOverrideSchema), v.readonly()),
  /** The instance profiles of nodes, by cluster; a cluster without any is absent. */
  instanceProfiles: v.optional(v.record(v.string(), profiles)),
});

export type Pools = Readonly<v.InferOutput<typeof PoolsSchema>>;

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

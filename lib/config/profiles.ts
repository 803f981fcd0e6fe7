import { type Pools, policyOf } from '../../domain/pools.ts';
import type { Config } from './schema.ts';

/** What holds for pools, as the functions take it. */
export function poolsOf({ clusters, deadlineMinutes, onFailure, pools }: Config): Pools {
  const named = clusters.flatMap(({ name, instanceProfiles }) =>
    instanceProfiles === undefined ? [] : [[name, instanceProfiles] as const],
  );
  return { deadlineMinutes, onFailure, pools, instanceProfiles: Object.fromEntries(named) };
}

/**
 * Where an instance may be replaced and nothing but a tag says that it is a node: anyone who may tag instances could have any of them ended.
 *
 * @returns a sentence for each field that is missing
 */
export function missingProfiles(config: Config): readonly string[] {
  const reason = replacingBy(config);
  if (reason === undefined) return [];
  return config.clusters.flatMap(({ name, instanceProfiles }, at) =>
    instanceProfiles === undefined
      ? [
          `clusters.${at}.instanceProfiles: is nothing; accepted: the instance profiles of the nodes of ${name}, for ${reason}, and only an instance with one of them may be ended`,
        ]
      : [],
  );
}

/** What in the configuration has nodes replaced whose instance profiles are the cluster's to name; undefined if nothing has. */
function replacingBy(config: Config): string | undefined {
  if (config.onFailure !== 'quarantine') return `onFailure is ${config.onFailure}`;
  const pool = config.pools.find(
    ({ name, instanceProfiles }) =>
      instanceProfiles === undefined && policyOf(poolsOf(config), name).onFailure !== 'quarantine',
  );
  return pool && `pool ${pool.name} has nodes replaced and names no instanceProfiles of its own`;
}

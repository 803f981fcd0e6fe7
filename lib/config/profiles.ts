import { type Pools, policyOf } from '../../domain/pools.ts';
import type { Config } from './schema.ts';

/** The pools' settings in the form the functions read. */
export function poolsOf({ clusters, deadlineMinutes, onFailure, pools }: Config): Pools {
  const named = clusters.flatMap(({ name, instanceProfiles }) =>
    instanceProfiles === undefined ? [] : [[name, instanceProfiles] as const],
  );
  const launching = pools.map(({ rollout: _, ...rest }) => rest);
  return { deadlineMinutes, onFailure, pools: launching, instanceProfiles: Object.fromEntries(named) };
}

/**
 * Finds clusters in which instances may be replaced although only a tag marks them as nodes: anyone allowed to tag
 * could have any instance terminated.
 *
 * @returns a sentence for each field that is missing
 */
export function missingProfiles(config: Config): readonly string[] {
  const reason = replacingBy(config);
  if (reason === undefined) return [];
  return config.clusters.flatMap(({ name, instanceProfiles }, at) =>
    instanceProfiles === undefined
      ? [
          `clusters.${at}.instanceProfiles: is nothing; accepted: the instance profiles of the nodes of ${name}, because ${reason} and Airlock terminates only instances with one of these profiles`,
        ]
      : [],
  );
}

/** The setting that replaces nodes whose instance profiles the cluster has to name; undefined if there is none. */
function replacingBy(config: Config): string | undefined {
  if (config.onFailure !== 'quarantine') return `onFailure is ${config.onFailure}`;
  if (config.rollout?.maxDisruptionWait !== undefined) return 'rollout.maxDisruptionWait is set';
  const unnamed = config.pools.filter(({ instanceProfiles }) => instanceProfiles === undefined);
  const replacing = unnamed.find(({ name }) => policyOf(poolsOf(config), name).onFailure !== 'quarantine');
  if (replacing) return `pool ${replacing.name} replaces nodes and names no instanceProfiles`;
  const waiting = unnamed.find(({ rollout }) => rollout?.maxDisruptionWait !== undefined);
  return waiting && `pool ${waiting.name} has rollout.maxDisruptionWait and names no instanceProfiles`;
}

import { badVersions, deployments, monthStart, pools } from './calendar.ts';
import type { Truth } from './truth.ts';

/** What a pool lost to the version whose proof fails. */
export interface Lost {
  readonly pool: string;
  /** The nodes that took pods, and whose gate was closed while new launches got the bad version. */
  readonly inService: number;
  /** The new launches of that time that never took a pod. */
  readonly launches: number;
}

const bad = deployments.findIndex(({ defaults }) => badVersions.includes(defaults.gvisor));

/** Counts what was lost between the deployment of the bad version and that of the one that works. */
export function listLost(truth: Truth): readonly Lost[] {
  const from = monthStart + (deployments[bad]?.at ?? 0);
  const until = monthStart + (deployments[bad + 1]?.at ?? 0);
  return pools.map(({ name }) => {
    const own = [...truth.nodes.values()].filter(({ pool }) => pool.name === name);
    const closed = own.filter(({ spans, goneAt }) =>
      spans.some(({ until: at }) => at !== undefined && at >= from && at < until && at !== goneAt),
    );
    const launches = own.filter((one) => {
      const first = one.spans[0]?.from ?? Number.POSITIVE_INFINITY;
      return one.launchedAt >= from && one.launchedAt < until && first >= until;
    });
    return { pool: name, inService: closed.length, launches: launches.length };
  });
}

import { keptSeconds, type RunRecord } from '../../domain/ledger.ts';
import { clusterOf, poolOf, runtimeTag } from '../../domain/tags.ts';
import { taggedInstances } from '../../lambdas/adapters/instances.ts';
import type { ActReach } from './reach.ts';

/** An instance that has Airlock's tag and no record in the ledger. */
export interface Unrecorded {
  readonly run: RunRecord;
  readonly refusal: string;
}

/** Which instances count: those of these clusters, and of this pool if one is named. */
export interface Scope {
  readonly clusters: readonly string[];
  readonly pool?: string | undefined;
}

const keptDays = keptSeconds / 86_400;
const reason = `the ledger has no record of it: records are kept for ${keptDays} days. Replace the node, or drain it, run the uninstall document of its runtime on it with your own rights (docs/use/deploy.md#uninstall) and take its tag ${runtimeTag} away`;

/**
 * Finds running instances that have Airlock's tag and no record in the ledger: their launches are older than its
 * records, or were never admitted. Nothing says what is on them, so nothing is done to them, and they are not passed
 * over either.
 *
 * @param recorded the ids of the instances in the ledger
 */
export async function findUnrecorded(
  { ec2 }: Pick<ActReach, 'ec2'>,
  { clusters, pool }: Scope,
  recorded: ReadonlySet<string>,
): Promise<readonly Unrecorded[]> {
  const found: Unrecorded[] = [];
  for await (const page of taggedInstances(ec2)) {
    for (const { instanceId, launchedAt, state, tags } of page) {
      const cluster = clusterOf(tags);
      const isRunning = state === 'running' || state === 'pending';
      if (!isRunning || recorded.has(instanceId) || cluster === undefined || !clusters.includes(cluster)) continue;
      const own = poolOf(tags) ?? instanceId;
      if (pool === undefined || own === pool)
        found.push({ run: { instanceId, launchedAt, cluster, pool: own }, refusal: reason });
    }
  }
  return found;
}

import type { RunRecord } from '../../domain/ledger.ts';
import { missingOutcomeTags, type OutcomeTags } from '../../domain/outcome-tags.ts';
import { tagInstances } from '../adapters/instance-tags.ts';
import type { SeenInstance } from '../adapters/instances.ts';
import { logger } from '../adapters/telemetry.ts';

/** An instance, and the record of its launch's latest run. */
export interface Ended {
  readonly instance: SeenInstance;
  readonly run: RunRecord | undefined;
}

/** How many calls one pass may make. A fleet that was never tagged has a group for almost every minute of its life. */
const mostCalls = 60;

/**
 * Tags instances with how their launches ended. Those with the same tags share calls, and the latest ends
 * come first. An instance that cannot be tagged
 * stays without, and the next pass tries again: tags inform people, and no pass fails because of them.
 */
export async function tagOutcomes(ended: readonly Ended[]): Promise<void> {
  const groups = new Map<string, { readonly tags: OutcomeTags; readonly ids: string[] }>();
  for (const { instance, run } of ended) {
    const tags = missingOutcomeTags(run, instance.tags);
    if (tags === undefined) continue;
    const key = Object.values(tags).join(' ');
    const group = groups.get(key) ?? { tags, ids: [] };
    groups.set(key, group);
    group.ids.push(instance.instanceId);
  }
  const latestFirst = [...groups.values()].toSorted((one, other) =>
    one.tags['airlock:at'] < other.tags['airlock:at'] ? 1 : -1,
  );
  for (const { tags, ids } of latestFirst.slice(0, mostCalls)) {
    try {
      await tagInstances(ids, tags);
    } catch (error) {
      logger.warn('instances could not be tagged with their outcome', { ids: ids.length, error: error as Error });
      return;
    }
  }
}

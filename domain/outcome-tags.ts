import type { RunRecord } from './ledger.ts';
import type { Tags } from './tags.ts';

/** The tags that state on an instance how its launch ended. Everything reads them as claims: they decide nothing. */
export const outcomeTagKeys = ['airlock:outcome', 'airlock:version', 'airlock:at'] as const;

/** The tags of an ended launch. */
export type OutcomeTags = Readonly<Record<(typeof outcomeTagKeys)[number], string>>;

/** An instance has at most 50 tags, without those of AWS. */
const mostTags = 50;

/**
 * The tags that an instance is to have after its run.
 *
 * @param run the record of the launch's latest run
 * @param tags the instance's tags
 * @returns undefined if the run has no end, the tags state it already, or the instance has no room for them
 */
export function missingOutcomeTags(run: RunRecord | undefined, tags: Tags): OutcomeTags | undefined {
  if (run?.outcome === undefined || run.endedAt === undefined) return undefined;
  const { installation } = run.receipt ?? {};
  const { runtime, version } = installation ?? run.request ?? {};
  const wanted: OutcomeTags = {
    'airlock:outcome': run.outcome,
    'airlock:version': runtime === undefined ? 'none' : `${runtime}@${version}`,
    // To the minute, so that instances that ended together share a call.
    'airlock:at': `${new Date(run.endedAt).toISOString().slice(0, 16)}Z`,
  };
  if (outcomeTagKeys.every((key) => tags[key] === wanted[key])) return undefined;
  const keys = new Set([...Object.keys(tags).filter((key) => !key.startsWith('aws:')), ...outcomeTagKeys]);
  return keys.size > mostTags ? undefined : wanted;
}

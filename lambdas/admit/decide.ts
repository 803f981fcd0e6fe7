import type { Launch } from '../../domain/events.ts';
import type { Admission } from '../../domain/messages.ts';
import { providerId } from '../../domain/node.ts';
import { type Pools, policyOf } from '../../domain/pools.ts';
import {
  clusterOf,
  deadlineMinutesOf,
  groupOf,
  poolOf,
  type Releases,
  requestOf,
  runtimeTag,
  type Tags,
} from '../../domain/tags.ts';

/** What admission knows of one instance: the answer of DescribeInstances. */
export interface Candidate {
  readonly instanceId: string;
  readonly state: string;
  readonly launchedAt: string;
  readonly availabilityZone: string;
  readonly privateDnsName: string;
  readonly tags: Tags;
}

/** What is configured, as far as admission asks. */
export interface Admissible extends Pools {
  readonly clusters: readonly string[];
  readonly releases: Releases;
}

/** What becomes of one launch. */
export type Verdict =
  | { readonly verdict: 'admit'; readonly admission: Admission }
  | {
      readonly verdict: 'not-ours';
      readonly because: 'no-tag' | 'foreign-cluster' | 'not-running' | 'unknown-instance';
    }
  | { readonly verdict: 'not-yet'; readonly because: 'not-visible' };

/** How long EC2 may take until DescribeInstances shows an instance whose launch it has announced. */
const visibleWithinMs = 120_000;

/**
 * Decides whether a launched instance is ours.
 *
 * @param launch what the event says
 * @param candidate what EC2 says of that instance; undefined where it does not know it
 * @param now milliseconds since the epoch
 */
export function judge(launch: Launch, candidate: Candidate | undefined, config: Admissible, now: number): Verdict {
  if (candidate === undefined) {
    return now - Date.parse(launch.at) < visibleWithinMs
      ? { verdict: 'not-yet', because: 'not-visible' }
      : { verdict: 'not-ours', because: 'unknown-instance' };
  }
  const tag = candidate.tags[runtimeTag];
  if (tag === undefined) return { verdict: 'not-ours', because: 'no-tag' };
  const cluster = clusterOf(candidate.tags);
  if (cluster === undefined || !config.clusters.includes(cluster)) {
    return { verdict: 'not-ours', because: 'foreign-cluster' };
  }
  if (candidate.state !== 'running' && candidate.state !== 'pending') {
    return { verdict: 'not-ours', because: 'not-running' };
  }
  const asked = requestOf(tag, config.releases);
  const pool = poolOf(candidate.tags);
  const group = groupOf(candidate.tags);
  const { deadlineMinutes, launchHook } = policyOf(config, pool);
  const { minutes, ignored } = deadlineMinutesOf(candidate.tags, deadlineMinutes);
  const node = {
    instanceId: candidate.instanceId,
    launchedAt: candidate.launchedAt,
    cluster,
    pool,
    nodeName: candidate.privateDnsName,
    providerId: providerId(candidate.availabilityZone, candidate.instanceId),
    deadline: new Date(Date.parse(candidate.launchedAt) + minutes * 60_000).toISOString(),
    ...(group === pool ? { group } : {}),
    ...(group === undefined || launchHook === undefined ? {} : { hook: { name: launchHook, group } }),
  };
  return {
    verdict: 'admit',
    admission: {
      node,
      ...('outcome' in asked ? { refused: asked } : { request: asked }),
      ...(ignored === undefined ? {} : { ignored }),
    },
  };
}

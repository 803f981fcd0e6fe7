import type { Launch } from '../../domain/events.ts';
import { hasProfile } from '../../domain/instance-profiles.ts';
import type { Admission } from '../../domain/messages.ts';
import { type Node, providerId } from '../../domain/node.ts';
import { type Pools, policyOf, profilesOf } from '../../domain/pools.ts';
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
  /** The ARN of its instance profile; undefined where it has none. */
  readonly instanceProfile?: string | undefined;
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
 * How old a launch may be when it is first admitted, in milliseconds, however long its pool's deadline is. An event comes within seconds, and an
 * outage may hold it for minutes; a tag that an instance gets later makes no node of it.
 */
const admittedWithinMs = 30 * 60_000;

/** Whether a launch is too old to be admitted for the first time: its deadline has passed, or it is older than any event takes. */
export function isStale({ launchedAt, deadline }: Pick<Node, 'launchedAt' | 'deadline'>, now: number): boolean {
  return now >= Math.min(Date.parse(deadline), Date.parse(launchedAt) + admittedWithinMs);
}

/** Whether an instance has an instance profile of its pool's nodes: tags are what anyone writes who may tag, a profile is not. */
export function isNode(
  { instanceProfile }: Candidate,
  { cluster, pool }: Pick<Node, 'cluster' | 'pool'>,
  pools: Pools,
) {
  const profiles = profilesOf(pools, cluster, pool);
  return profiles === undefined || hasProfile(instanceProfile, profiles);
}

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
  // Without a pool a node stands for itself: what befalls it says nothing of another one that no tag gives a pool.
  const pool = poolOf(candidate.tags) ?? candidate.instanceId;
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

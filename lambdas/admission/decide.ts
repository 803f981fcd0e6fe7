import type { LaunchEvent } from '../../domain/events.ts';
import type { Admissible } from '../../domain/function-settings.ts';
import { hasProfile } from '../../domain/instance-profiles.ts';
import { type Launch, providerId } from '../../domain/launch.ts';
import type { Admission } from '../../domain/messages.ts';
import { type Pools, policyOf, profilesOf } from '../../domain/pools.ts';
import { clusterOf, deadlineMinutesOf, groupOf, poolOf, requestOf, runtimeTag, type Tags } from '../../domain/tags.ts';

/** What admission knows about one instance, from DescribeInstances. */
export interface Candidate {
  readonly instanceId: string;
  readonly state: string;
  readonly launchedAt: string;
  readonly availabilityZone: string;
  readonly privateDnsName: string;
  /** The ARN of its instance profile; undefined if it has none. */
  readonly instanceProfile?: string | undefined;
  readonly imageId?: string | undefined;
  readonly tags: Tags;
}

/** What happens to one launch. */
export type AdmissionDecision =
  | { readonly step: 'admit'; readonly admission: Admission }
  | {
      readonly step: 'not-ours';
      readonly because: 'no-tag' | 'foreign-cluster' | 'not-running' | 'unknown-instance';
    }
  | { readonly step: 'not-yet'; readonly because: 'not-visible' };

/** How long DescribeInstances may take to show an instance after EC2's event, in milliseconds. */
const visibleWithinMs = 120_000;

/**
 * How old a launch may be when it is first admitted, in milliseconds, however long its pool's deadline is. An event
 * arrives within seconds, or minutes during an outage. A tag that an instance gets later does not make it a node.
 */
const admittedWithinMs = 30 * 60_000;

/** Whether a launch is too old for a first admission: its deadline has passed, or it is older than any event can be. */
export function isStale({ launchedAt, deadline }: Pick<Launch, 'launchedAt' | 'deadline'>, now: number): boolean {
  return now >= Math.min(Date.parse(deadline), Date.parse(launchedAt) + admittedWithinMs);
}

/**
 * Whether an instance has an instance profile of its pool's nodes. Tags can be written with the right to tag instances,
 * a profile cannot.
 */
export function isNode(
  { instanceProfile }: Candidate,
  { cluster, pool }: Pick<Launch, 'cluster' | 'pool'>,
  pools: Pools,
) {
  const profiles = profilesOf(pools, cluster, pool);
  return profiles === undefined || hasProfile(instanceProfile, profiles);
}

/**
 * Decides whether Airlock manages a launched instance.
 *
 * @param event the event
 * @param candidate the instance in EC2; undefined if EC2 does not know it
 * @param now milliseconds since the epoch
 */
export function classifyLaunch(
  event: LaunchEvent,
  candidate: Candidate | undefined,
  config: Admissible,
  now: number,
): AdmissionDecision {
  if (candidate === undefined) {
    return now - Date.parse(event.at) < visibleWithinMs
      ? { step: 'not-yet', because: 'not-visible' }
      : { step: 'not-ours', because: 'unknown-instance' };
  }
  const tag = candidate.tags[runtimeTag];
  if (tag === undefined) return { step: 'not-ours', because: 'no-tag' };
  const cluster = clusterOf(candidate.tags);
  if (cluster === undefined || !config.clusters.includes(cluster)) {
    return { step: 'not-ours', because: 'foreign-cluster' };
  }
  if (candidate.state !== 'running' && candidate.state !== 'pending') {
    return { step: 'not-ours', because: 'not-running' };
  }
  const asked = requestOf(tag, config.versions);
  // A node without a pool is its own pool: its failure is no evidence against other nodes without a pool.
  const pool = poolOf(candidate.tags) ?? candidate.instanceId;
  const group = groupOf(candidate.tags);
  const { deadlineMinutes, launchHook } = policyOf(config, pool);
  const { minutes, ignored } = deadlineMinutesOf(candidate.tags, deadlineMinutes);
  const launch = {
    instanceId: candidate.instanceId,
    launchedAt: candidate.launchedAt,
    cluster,
    pool,
    nodeName: candidate.privateDnsName,
    providerId: providerId(candidate.availabilityZone, candidate.instanceId),
    ...(candidate.imageId === undefined ? {} : { imageId: candidate.imageId }),
    deadline: new Date(Date.parse(candidate.launchedAt) + minutes * 60_000).toISOString(),
    ...(group === pool ? { group } : {}),
    ...(group === undefined || launchHook === undefined ? {} : { hook: { name: launchHook, group } }),
  };
  return {
    step: 'admit',
    admission: {
      launch,
      ...('outcome' in asked ? { refused: asked } : { request: asked }),
      ...(ignored === undefined ? {} : { ignored }),
    },
  };
}

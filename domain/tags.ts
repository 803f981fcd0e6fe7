import { claimText } from './claim-text.ts';
import type { Request } from './launch.ts';
import type { Failure } from './receipt.ts';
import { type Runtime, runtimes } from './runtimes.ts';
import { isOlder } from './versions.ts';

/** The tag that takes an instance into the airlock; its value is `<runtime>` or `<runtime>@<version>`. */
export const runtimeTag = 'airlock:runtime';

/** The tag that names the cluster where the tags of EKS and Karpenter name none, or more than one. */
export const clusterTag = 'airlock:cluster';

/** The tag that gives one instance a shorter deadline than its pool's, in whole minutes. */
export const deadlineTag = 'airlock:deadline-minutes';

/** The shortest and the longest deadline, in minutes. Below the first an agent has no time to come; a launch hook waits no longer than the last. */
export const deadlineBounds = { least: 5, most: 120 } as const;

/** The tags by which EKS and Karpenter say to which cluster an instance belongs. */
const clusterTags = ['aws:eks:cluster-name', 'eks:cluster-name', 'eks:eks-cluster-name'];
const ownerPrefix = 'kubernetes.io/cluster/';

/** The tag that names the Auto Scaling group. AWS sets it, and no one else can: the prefix is reserved. */
const groupTag = 'aws:autoscaling:groupName';

/** The tags that name the pool, the most telling first. */
const poolTags = ['karpenter.sh/nodepool', 'eks:nodegroup-name', groupTag];

/** An instance's tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** Which versions are to be had of a runtime. */
interface RuntimeVersions {
  readonly default: string;
  readonly all: readonly string[];
  /** The oldest one that a tag may ask for, and who says so; without it any. */
  readonly floor?: { readonly version: string; readonly because: string };
}

/** Which versions are to be had, by runtime. */
export type Versions = Readonly<Partial<Record<Runtime, RuntimeVersions>>>;

/**
 * The cluster to which an instance belongs: what `airlock:cluster` says, else the one cluster that its other tags agree on.
 *
 * @returns undefined if no tag names a cluster or the tags name several
 */
export function clusterOf(tags: Tags): string | undefined {
  const said = tags[clusterTag];
  if (said !== undefined) return said;
  const named = new Set<string>();
  for (const [key, value] of Object.entries(tags)) {
    if (clusterTags.includes(key)) named.add(value);
    if (key.startsWith(ownerPrefix)) named.add(key.slice(ownerPrefix.length));
  }
  return named.size === 1 ? [...named][0] : undefined;
}

/** The name of the instance's pool; undefined if no tag names one. */
export function poolOf(tags: Tags): string | undefined {
  const name = poolTags.map((key) => tags[key]).find((value) => value !== undefined && value !== '');
  return name === undefined ? undefined : claimText(name, 255);
}

/** The Auto Scaling group that launched the instance, its own pool's or a managed node group's; undefined if none did. */
export function groupOf(tags: Tags): string | undefined {
  return tags[groupTag];
}

/**
 * The minutes that an instance has: what its tag says, else what its pool has. The tag may shorten them and never lengthen them: anyone who may
 * tag instances could have one hold what belongs to its pool.
 *
 * @returns the minutes, and if the tag is of no use a sentence that says so
 */
export function deadlineMinutesOf(tags: Tags, poolMinutes: number): { minutes: number; ignored?: string } {
  const value = tags[deadlineTag];
  if (value === undefined) return { minutes: poolMinutes };
  const { least } = deadlineBounds;
  const minutes = /^[1-9][0-9]{0,2}$/.test(value) ? Number(value) : 0;
  if (minutes >= least && minutes <= poolMinutes) return { minutes };
  const accepted = `accepted is a whole number from ${least} to ${poolMinutes}, the minutes of its pool`;
  return { minutes: poolMinutes, ignored: `tag ${deadlineTag} is ${shown(value)}; ${accepted}; ${poolMinutes} holds` };
}

/**
 * Reads what the runtime tag asks for. The value is compared with what is configured and never goes any further as text.
 *
 * @param value the value of the tag, which anybody may have written who can tag instances
 * @param versions what is configured
 * @returns the request, or the outcome with which the node is refused
 */
export function requestOf(value: string, versions: Versions): Request | Failure {
  const at = value.indexOf('@');
  const name = at < 0 ? value : value.slice(0, at);
  const runtime = runtimes.find((known) => known === name);
  const configured = runtime && versions[runtime];
  if (runtime === undefined || configured === undefined) {
    return refusal(value, `one of ${Object.keys(versions).join(', ')}`);
  }
  const version = at < 0 ? configured.default : value.slice(at + 1);
  const { all, floor } = configured;
  if (all.includes(version) && floor !== undefined && isOlder(version, floor.version)) {
    const detail = `tag ${runtimeTag} is ${shown(value)}; accepted is ${floor.version} and newer: ${floor.because}`;
    return { outcome: 'version-too-old', detail };
  }
  if (!all.includes(version)) {
    const accepted = all.filter((one) => floor === undefined || !isOlder(one, floor.version));
    return refusal(value, `${runtime} or ${runtime}@ followed by one of ${accepted.join(', ')}`);
  }
  return { runtime, version };
}

function refusal(value: string, accepted: string): Failure {
  return { outcome: 'unknown-runtime', detail: `tag ${runtimeTag} is ${shown(value)}; accepted is ${accepted}` };
}

function shown(value: string): string {
  return claimText(JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value), 500);
}

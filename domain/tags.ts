import * as v from 'valibot';
import { claimText } from './claim-text.ts';
import type { Request } from './launch.ts';
import type { Failure } from './receipt.ts';
import { type Runtime, runtimes } from './runtimes.ts';
import { isOlder } from './versions.ts';

/** The tag that makes Airlock manage an instance; its value is `<runtime>` or `<runtime>@<version>`. */
export const runtimeTag = 'airlock:runtime';

/** The tag that names the cluster if the tags of EKS and Karpenter name none or several. */
export const clusterTag = 'airlock:cluster';

/** The tag that gives an instance a shorter deadline than its pool's, in whole minutes. */
export const deadlineTag = 'airlock:deadline-minutes';

/**
 * The shortest and longest deadline, in minutes. An agent needs time to come online, and a launch hook does not wait
 * longer.
 */
export const deadlineBounds = { least: 5, most: 120 } as const;

/** The tags of EKS and Karpenter that name an instance's cluster. */
const clusterTags = ['aws:eks:cluster-name', 'eks:cluster-name', 'eks:eks-cluster-name'];
const ownerPrefix = 'kubernetes.io/cluster/';

/** The tag that names the Auto Scaling group. Only AWS can set it: the prefix is reserved. */
const groupTag = 'aws:autoscaling:groupName';

/** The tags that name the pool, the most specific first. */
const poolTags = ['karpenter.sh/nodepool', 'eks:nodegroup-name', groupTag];

/** An instance's tags by key. */
export type Tags = Readonly<Record<string, string>>;

/** The available versions, by runtime. */
export const VersionsSchema = v.record(
  v.picklist(runtimes),
  v.strictObject({
    default: v.string(),
    all: v.pipe(v.array(v.string()), v.readonly()),
    /** The oldest version that a tag may request, and the source of that rule. Absent: any. */
    floor: v.optional(v.strictObject({ version: v.string(), because: v.string() })),
    /** The versions that no launch may ask for, each with the advisories that withdraw it. Absent: none. */
    withdrawn: v.optional(v.record(v.string(), v.string())),
  }),
);

export type Versions = Readonly<v.InferOutput<typeof VersionsSchema>>;

/** The versions of one runtime. */
export type ConfiguredVersions = NonNullable<Versions[Runtime]>;

/**
 * The cluster of an instance: the value of `airlock:cluster`, otherwise the one cluster that its other tags agree on.
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

/** The Auto Scaling group that launched the instance, its pool's or a managed node group's; undefined if none did. */
export function groupOf(tags: Tags): string | undefined {
  return tags[groupTag];
}

/**
 * The deadline of an instance in minutes: from its tag, otherwise from its pool. The tag can only shorten it. Otherwise
 * the right to tag instances would allow an instance to hold its pool's resources for longer.
 *
 * @returns the minutes, and a message if the tag is ignored
 */
export function deadlineMinutesOf(tags: Tags, poolMinutes: number): { minutes: number; ignored?: string } {
  const value = tags[deadlineTag];
  if (value === undefined) return { minutes: poolMinutes };
  const { least } = deadlineBounds;
  const minutes = /^[1-9][0-9]{0,2}$/.test(value) ? Number(value) : 0;
  if (minutes >= least && minutes <= poolMinutes) return { minutes };
  const accepted = `accepted: a whole number from ${least} to ${poolMinutes}, the minutes of its pool`;
  return { minutes: poolMinutes, ignored: `tag ${deadlineTag} is ${shown(value)}; ${accepted}; ${poolMinutes} holds` };
}

/**
 * Reads the request in the runtime tag. The value is only compared with what is configured and not used as text.
 *
 * @param value the value of the tag; every principal that may tag instances can write it
 * @param versions the configured versions
 * @returns the request, or the failure with which the node is refused
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
  const refused = versionRefusal({ runtime, version }, versions);
  if (refused === undefined) return { runtime, version };
  if (refused.outcome !== 'unknown-runtime')
    return { ...refused, detail: `tag ${runtimeTag} is ${shown(value)}, and ${refused.detail}` };
  return refusal(value, `${runtime} or ${runtime}@ followed by one of ${acceptedVersions(configured).join(', ')}`);
}

/**
 * Decides whether nodes may get a version, or a new proof of it. What was accepted when a launch was admitted may be
 * withdrawn since.
 *
 * @param versions the configured versions
 * @returns why they may not; undefined if they may
 */
export function versionRefusal({ runtime, version }: Request, versions: Versions): Failure | undefined {
  const configured = versions[runtime];
  if (configured === undefined) return { outcome: 'unknown-runtime', detail: `${runtime} is not configured any more` };
  const { all, floor, withdrawn = {} } = configured;
  if (all.includes(version) && floor !== undefined && isBelow(version, floor)) {
    const detail = `${version} is below the minimum; accepted: ${floor.version} and newer; ${floor.because}`;
    return { outcome: 'version-too-old', detail };
  }
  const accepted = acceptedVersions(configured).join(', ') || 'no pinned version';
  const because = withdrawn[version];
  if (because !== undefined) {
    const detail = `${version} is withdrawn: ${because}; accepted: ${accepted}`;
    return { outcome: 'version-withdrawn', detail };
  }
  if (all.includes(version)) return undefined;
  const detail = `${runtime} ${claimText(version, 80)} is not in the catalogue any more; accepted: ${accepted}`;
  return { outcome: 'unknown-runtime', detail };
}

/** The versions that a launch may get: not older than the floor, and not withdrawn. */
export function acceptedVersions({ all, floor, withdrawn = {} }: ConfiguredVersions): readonly string[] {
  return all.filter((one) => withdrawn[one] === undefined && !isBelow(one, floor));
}

function isBelow(version: string, floor: { readonly version: string } | undefined): boolean {
  return floor !== undefined && isOlder(version, floor.version);
}

function refusal(value: string, accepted: string): Failure {
  return { outcome: 'unknown-runtime', detail: `tag ${runtimeTag} is ${shown(value)}; accepted: ${accepted}` };
}

function shown(value: string): string {
  return claimText(JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value), 500);
}

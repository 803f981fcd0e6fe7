import type { Diagnosis, Finding, FindingCode, FixValues, NotChecked } from '../findings.ts';
import { type HostFacts, judgeHost } from '../host-verdict.ts';
import { hasProfile, type InstanceProfiles } from '../instance-profiles.ts';
import { gateKindOf, poolLabel } from '../kubernetes.ts';
import { type PoolPolicy, type Pools, policyOf, profilesOf } from '../pools.ts';
import { exampleRuntime, runtimes, runtimeTraits } from '../runtimes.ts';
import { requestOf, runtimeTag } from '../tags.ts';
import { type ImageFacts, readImage } from './image.ts';
import type { Standard } from './standard.ts';
import { isMetal } from './templates/read.ts';
import type { Declared, LaunchHook, PoolTemplate, ProfileName } from './templates/template.ts';

/**
 * What one check of a pool brought: the field and the value seen, the reason why it could not be read, or nothing if
 * all is well.
 */
type Result =
  | { readonly field: string; readonly seen: string; readonly values?: Partial<FixValues> }
  | { readonly unknown: string }
  | undefined;
type Check = (pool: PoolTemplate, standard: Standard) => Result;

/** The checks of a pool, by the code of what they find. */
const checks: Partial<Readonly<Record<FindingCode, Check>>> = {
  AL0001: ({ declaredTaints }, { gate }) => {
    if (declaredTaints === undefined) return undefined;
    return judge(declaredTaints, (keys) => (keys.includes(gate) ? undefined : shown(keys)));
  },
  AL0002: ({ taintsAtBirth, kind }, { gate }) => {
    if (taintsAtBirth === undefined) return undefined;
    // Karpenter adds startup taints when it registers a node, and keeps pods off until then by its own taint.
    const closed = kind === 'Karpenter' ? [gate, 'karpenter.sh/unregistered'] : [gate];
    return judge(taintsAtBirth, (keys) => (keys.some((key) => closed.includes(key)) ? undefined : shown(keys)));
  },
  AL0003: ({ kind }, { gate }) => {
    const stays = kind !== 'Karpenter' && gateKindOf(gate) === 'startup-taint';
    return stays ? { field: 'gate in airlock.yaml', seen: gate } : undefined;
  },
  AL0004: (pool) => {
    const wanted = runtimeIn(pool);
    const judged = [pool.label, pool.labelAtBirth].map(
      (label) =>
        label &&
        judge(label, (value) => (value === undefined || value !== wanted ? labelShown(value, wanted) : undefined)),
    );
    return judged.find((one) => one !== undefined);
  },
  AL0005: ({ tag, strandedTag }) => {
    if (strandedTag !== undefined) return undefined;
    return judge(tag, (value) => (value === undefined ? 'is not set' : undefined));
  },
  AL0006: ({ strandedTag }) =>
    strandedTag === undefined ? undefined : { field: strandedTag, seen: `has ${runtimeTag}` },
  AL0007: ({ tag }, { versions }) =>
    judge(tag, (value) => {
      if (value === undefined) return undefined;
      const request = requestOf(value, versions);
      return 'outcome' in request ? request.detail : undefined;
    }),
  AL0008: ({ hopLimit }) =>
    judge(hopLimit, (limit) => {
      if (limit === undefined) return 'is not set, so the image or the account decides';
      return limit === 1 ? undefined : `is ${limit}`;
    }),
  AL0009: ({ profiles, cluster, name }, { pools, clusters: all }) => {
    const clusters = all.map((one) => one.name).filter((one) => cluster === undefined || one === cluster);
    const accepted = clusters.map((one) => profilesOf(pools, one, name ?? ''));
    const result = judge(profiles, (names) =>
      accepted.some((list) => list === undefined || names.some((one) => isNamed(one, list)))
        ? undefined
        : profileShown(names),
    );
    const [first] = 'value' in profiles ? profiles.value : [];
    return result !== undefined && 'seen' in result
      ? { ...result, values: { profile: first === undefined ? 'NAME' : patternOf(first) } }
      : result;
  },
  AL0010: (pool) => {
    if (!needsVirtualization(pool) || pool.isBareMetal || pool.kind === 'managed node group') return undefined;
    return judge(pool.nestedVirtualization, (isEnabled) => (isEnabled ? undefined : 'is not enabled'));
  },
  AL0011: (pool) => {
    const ignores = needsVirtualization(pool) && !pool.isBareMetal && pool.kind === 'managed node group';
    return ignores ? { field: pool.nestedVirtualization.field, seen: 'EKS ignores it' } : undefined;
  },
  AL0019: (pool, { virtualizedFamilies: families }) => {
    if (!needsVirtualization(pool) || pool.isBareMetal || pool.kind === 'managed node group') return undefined;
    return judge(pool.machines, ({ types, families: named }) => {
      const all = [...types, ...named];
      const fits = (one: string) => isMetal(one) || families.includes(one.split('.')[0] ?? '');
      if (all.some(fits)) return undefined;
      const few = all.length === 0 ? 'names no type and no family' : `has ${all.join(', ')}`;
      return `${few}; nested virtualization is in ${families.join(', ')}`;
    });
  },
  AL0021: ({ images }) =>
    judgeImages(images, ({ system }) => (system === 'Amazon Linux' ? 'is Amazon Linux' : undefined)),
  AL0022: ({ images }) =>
    judgeImages(images, ({ system }) =>
      system === 'Bottlerocket' || system === 'Windows' ? `is ${system}` : undefined,
    ),
  AL0023: (pool, standard) => judgeImages(pool.images, ({ host }) => refusalOf(host, runtimeIn(pool), standard)),
  AL0028: (pool, { pools }) =>
    judgeHook(pool, pools, (hook, wanted) =>
      hook === undefined ? `has no launch hook ${wanted.launchHook}` : undefined,
    ),
  AL0029: (pool, { pools }) =>
    judgeHook(pool, pools, (hook, { deadlineMinutes }) =>
      hook !== undefined && hook.heartbeatSeconds < deadlineMinutes * 60
        ? `${hook.name} ends after ${hook.heartbeatSeconds} s, before the deadline of ${deadlineMinutes * 60} s`
        : undefined,
    ),
  AL0030: (pool, { pools }) =>
    judgeHook(pool, pools, (hook) =>
      hook !== undefined && hook.defaultResult !== 'ABANDON' ? `${hook.name} ends as ${hook.defaultResult}` : undefined,
    ),
};

/** The codes that a look at a pool can find. */
export const poolCodes = Object.keys(checks) as readonly FindingCode[];

/** Holds one pool against the configuration. */
export function checkPool(pool: PoolTemplate, standard: Standard): Diagnosis {
  const findings: Finding[] = [];
  const notChecked: NotChecked[] = [];
  for (const code of poolCodes) {
    const result = checks[code]?.(pool, standard);
    if (result === undefined) continue;
    if ('unknown' in result) {
      notChecked.push({ codes: [code], resource: pool.resource, reason: result.unknown });
      continue;
    }
    const { name = '' } = pool;
    const { launchHook = '', deadlineMinutes } = policyOf(standard.pools, name);
    const fixed = { gate: standard.gate, runtime: runtimeIn(pool), pool: name };
    const values = { ...fixed, hook: launchHook, seconds: String(deadlineMinutes * 60), ...result.values };
    findings.push({ code, resource: pool.resource, field: result.field, seen: result.seen, values });
  }
  return { checked: [pool.resource], findings, notChecked: byReason(notChecked) };
}

/** One entry for everything that was not checked for the same reason. */
function byReason(entries: readonly NotChecked[]): readonly NotChecked[] {
  const grouped = Map.groupBy(entries, ({ reason }) => reason);
  return [...grouped.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, codes: group.flatMap(({ codes }) => codes) }];
  });
}

function judge<T>(declared: Declared<T>, fault: (value: T) => string | undefined): Result {
  if ('unknown' in declared) return { unknown: declared.unknown };
  const seen = fault(declared.value);
  return seen === undefined ? undefined : { field: declared.field, seen };
}

/** Judges what is known of a pool's images. A text that identifies no image decides nothing. */
function judgeImages(images: Declared<readonly string[]>, fault: (image: ImageFacts) => string | undefined): Result {
  return judge(images, (texts) => {
    for (const text of texts) {
      const image = readImage(text);
      const seen = image && fault(image);
      if (seen !== undefined) return seen === `is ${text}` ? seen : `${text}: ${seen}`;
    }
    return undefined;
  });
}

/** Why the catalogue refuses a host for a runtime's default version; undefined if it does not. */
export function refusalOf(host: HostFacts, name: string, { catalogue, versions }: Standard): string | undefined {
  const runtime = runtimes.find((one) => one === name);
  const entry = runtime && catalogue?.runtimes[runtime];
  const version = runtime && versions[runtime]?.default;
  if (runtime === undefined || entry === undefined || version === undefined) return undefined;
  const { rule } = judgeHost(entry, { version, handler: runtimeTraits[runtime].handlers[0] }, host);
  return rule?.verdict === 'refused' ? `${rule.reason}; instead: ${rule.instead}` : undefined;
}

/** Judges the launch hook that `airlock.yaml` names for a pool. */
function judgeHook(
  { hooks, name = '' }: PoolTemplate,
  pools: Pools,
  fault: (hook: LaunchHook | undefined, policy: PoolPolicy) => string | undefined,
): Result {
  const policy = policyOf(pools, name);
  if (policy.launchHook === undefined || hooks === undefined) return undefined;
  return judge(hooks, (all) =>
    fault(
      all.find((one) => one.name === policy.launchHook),
      policy,
    ),
  );
}

/** Whether a pool's runtime starts virtual machines. */
function needsVirtualization(pool: PoolTemplate): boolean {
  const runtime = runtimes.find((one) => one === runtimeIn(pool));
  return runtime !== undefined && runtimeTraits[runtime].virtualMachines === true;
}

/** The runtime that a pool is for, if it declares one that exists. */
export function runtimeIn({ tag, label, labelAtBirth }: PoolTemplate): string {
  const said = [tag, label, labelAtBirth].map((one) => (one !== undefined && 'value' in one ? one.value : undefined));
  const known: readonly string[] = runtimes;
  return said.map((value = '') => value.split('@')[0] ?? '').find((name) => known.includes(name)) ?? exampleRuntime;
}

function isNamed(profile: ProfileName, accepted: InstanceProfiles): boolean {
  if ('arn' in profile) return hasProfile(profile.arn, accepted);
  if ('name' in profile) return hasProfile(`/${profile.name}`, accepted);
  return accepted.some((pattern) => pattern.endsWith('*') && profile.prefix.startsWith(pattern.slice(0, -1)));
}

function patternOf(profile: ProfileName): string {
  if ('arn' in profile) return profile.arn;
  return 'name' in profile ? profile.name : `${profile.prefix}*`;
}

function profileShown(names: readonly ProfileName[]): string {
  return names.length === 0 ? 'is not set' : `is ${names.map(patternOf).join(' or ')}`;
}

function labelShown(value: string | undefined, wanted: string): string {
  return value === undefined ? `lacks ${poolLabel}` : `has ${poolLabel}: ${value}, and the tag asks for ${wanted}`;
}

function shown(keys: readonly string[]): string {
  return keys.length === 0 ? 'has no taint with the effect NoSchedule' : `has ${keys.join(', ')}`;
}

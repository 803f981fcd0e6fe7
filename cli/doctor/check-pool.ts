import type { Diagnosis, Finding, FindingCode, FixValues, NotChecked } from '../../domain/findings.ts';
import { hasProfile, type InstanceProfiles } from '../../domain/instance-profiles.ts';
import { gateKindOf, poolLabel } from '../../domain/kubernetes.ts';
import { profilesOf } from '../../domain/pools.ts';
import { exampleRuntime, runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { requestOf, runtimeTag, type Versions } from '../../domain/tags.ts';
import { poolsOf } from '../../lib/config/profiles.ts';
import type { Config } from '../../lib/config/schema.ts';
import type { Declared, PoolTemplate, ProfileName } from './templates/template.ts';

/** What a pool is held against. */
export interface Standard {
  readonly config: Config;
  readonly versions: Versions;
}

/** What one check of a pool brought: the field and the value seen, the reason why it could not be read, or nothing if all is well. */
type Result =
  | { readonly field: string; readonly seen: string; readonly values?: Partial<FixValues> }
  | { readonly unknown: string }
  | undefined;
type Check = (pool: PoolTemplate, standard: Standard) => Result;

/** The checks of a pool, by the code of what they find. */
const checks: Partial<Readonly<Record<FindingCode, Check>>> = {
  AL0001: ({ declaredTaints }, { config }) => {
    if (declaredTaints === undefined) return undefined;
    return judge(declaredTaints, (keys) => (keys.includes(config.gate) ? undefined : shown(keys)));
  },
  AL0002: ({ taintsAtBirth, kind }, { config }) => {
    if (taintsAtBirth === undefined) return undefined;
    // Karpenter adds startup taints when it registers a node, and keeps pods off until then by its own taint.
    const closed = kind === 'Karpenter' ? [config.gate, 'karpenter.sh/unregistered'] : [config.gate];
    return judge(taintsAtBirth, (keys) => (keys.some((key) => closed.includes(key)) ? undefined : shown(keys)));
  },
  AL0003: ({ kind }, { config }) => {
    const stays = kind !== 'Karpenter' && gateKindOf(config.gate) === 'startup-taint';
    return stays ? { field: 'gate in airlock.yaml', seen: config.gate } : undefined;
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
  AL0009: ({ profiles, cluster, name }, { config }) => {
    const pools = poolsOf(config);
    const clusters = config.clusters.map((one) => one.name).filter((one) => cluster === undefined || one === cluster);
    const accepted = clusters.map((one) => profilesOf(pools, one, name ?? ''));
    const result = judge(profiles, (names) =>
      accepted.some((list) => list === undefined || names.some((one) => isNamed(one, list)))
        ? undefined
        : profileShown(names),
    );
    const [first] = 'value' in profiles ? profiles.value : [];
    return result !== undefined && 'seen' in result && first !== undefined
      ? { ...result, values: { profile: patternOf(first) } }
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
    const values = { gate: standard.config.gate, runtime: runtimeIn(pool), ...result.values };
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

/** Whether a pool's runtime starts virtual machines. */
function needsVirtualization(pool: PoolTemplate): boolean {
  const runtime = runtimes.find((one) => one === runtimeIn(pool));
  return runtime !== undefined && runtimeTraits[runtime].virtualMachines === true;
}

/** The runtime that a pool is for, if it declares one that exists. */
function runtimeIn({ tag, label, labelAtBirth }: PoolTemplate): string {
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

import { isAffected } from '../../domain/advisories.ts';
import { architectures } from '../../domain/architectures.ts';
import { type CatalogueRuntime, type Rule, runtimeOf, type Version } from '../../domain/catalogue.ts';
import { type HostFacts, judgeHost } from '../../domain/host-verdict.ts';
import { type Runtime, runtimeTraits } from '../../domain/runtimes.ts';
import { isOlder } from '../../domain/versions.ts';
import type { Settings } from '../../lib/config/settings.ts';
import type { CatalogueReport, HostReport } from './schemas.ts';

/** The catalogue's entries of some runtimes as one object, with the limits that `airlock.yaml` sets. */
export function catalogueReport(runtimes: readonly Runtime[], { catalogue, versions }: Settings): CatalogueReport {
  return {
    version: 1,
    runtimes: runtimes.map((runtime) => {
      const entry = runtimeOf(catalogue, runtime);
      const { default: usual = entry.default, floor, withdrawn = {} } = versions[runtime] ?? {};
      return {
        runtime,
        default: usual,
        ...(floor === undefined ? {} : { floor: { version: floor.version, because: floor.because } }),
        versions: entry.versions.map(({ version, artifacts }) => ({
          version,
          allowed: withdrawn[version] === undefined && (floor === undefined || !isOlder(version, floor.version)),
          withdrawn: withdrawn[version] ?? '',
          advisories: advisoriesOn(version, entry),
          artifacts: architectures.flatMap((arch) => {
            const { url, sha256 } = artifacts[arch] ?? {};
            return url === undefined || sha256 === undefined ? [] : [{ arch, url, sha256 }];
          }),
        })),
        rules: entry.rules.map((rule) => ({
          verdict: rule.verdict,
          when: conditionsOf(rule),
          reason: rule.verdict === 'refused' ? rule.reason : '',
          instead: rule.verdict === 'refused' ? rule.instead : '',
          link: rule.verdict === 'unknown' ? '' : rule.link,
        })),
      };
    }),
  };
}

/**
 * What the catalogue knows about a host, by runtime and version.
 *
 * @param node the node whose receipt has the facts; empty if they were given
 */
export function hostReport(
  runtimes: readonly Runtime[],
  { node, host }: { readonly node: string; readonly host: HostFacts },
  settings: Settings,
): HostReport {
  return {
    version: 1,
    node,
    host,
    runtimes: runtimes.map((runtime) => {
      const entry = runtimeOf(settings.catalogue, runtime);
      const usual = settings.versions[runtime]?.default ?? entry.default;
      const versions = entry.versions.map((one) => ({
        version: one.version,
        isDefault: one.version === usual,
        ...verdictOn(one, { runtime, entry, host, settings }),
        advisories: advisoriesOn(one.version, entry),
      }));
      return { runtime, versions };
    }),
  };
}

/** Whether the default version of each runtime in a report is not refused on the host. */
export function canRunDefaults({ runtimes }: HostReport): boolean {
  return runtimes.every(({ versions }) => versions.every((one) => !one.isDefault || one.verdict !== 'refused'));
}

interface Question {
  readonly runtime: Runtime;
  readonly entry: CatalogueRuntime;
  readonly host: HostFacts;
  readonly settings: Settings;
}

type Verdict = Pick<
  HostReport['runtimes'][number]['versions'][number],
  'verdict' | 'reason' | 'instead' | 'link' | 'open'
>;

/**
 * The order is that of a launch: admission checks the floor and what is withdrawn, and the node its architecture and
 * then the rules.
 */
function verdictOn({ version, artifacts }: Version, { runtime, entry, host, settings }: Question): Verdict {
  const refused = (reason: string, instead: string, link = ''): Verdict => ({
    verdict: 'refused',
    reason,
    instead,
    link,
    open: [],
  });
  const floor = settings.versions[runtime]?.floor;
  if (floor !== undefined && isOlder(version, floor.version)) {
    return refused(`it is below the floor (${floor.because})`, `version ${floor.version} or newer`);
  }
  const withdrawn = settings.versions[runtime]?.withdrawn ?? {};
  if (withdrawn[version] !== undefined) {
    const others = entry.versions.filter((one) => withdrawn[one.version] === undefined);
    const instead = others.map((one) => one.version).join(' or ') || 'a newer catalogue: no other version is pinned';
    return refused(`it is withdrawn: ${withdrawn[version]}`, instead);
  }
  const pinned = Object.keys(artifacts);
  if (host.arch !== undefined && !pinned.includes(host.arch)) {
    const others = entry.versions.filter((one) => Object.hasOwn(one.artifacts, host.arch ?? ''));
    const instead = others.map((one) => one.version).join(' or ') || `a host with ${pinned.join(' or ')}`;
    return refused(`it is not pinned for ${host.arch}`, instead);
  }
  const { rule, open } = judgeHost(entry, { version, handler: runtimeTraits[runtime].handlers[0] }, host);
  if (rule?.verdict === 'refused') return { ...refused(rule.reason, rule.instead, rule.link), open: [...open] };
  if (rule?.verdict === 'proven')
    return { verdict: 'proven', reason: '', instead: '', link: rule.link, open: [...open] };
  if (settings.config.unknownHosts === 'refuse' && open.length === 0) {
    return refused(
      'the catalogue has no rule for the host, and unknownHosts in airlock.yaml is refuse',
      entry.goodHost,
    );
  }
  return { verdict: 'unknown', reason: '', instead: '', link: '', open: [...open] };
}

/** The advisories that affect a version, as both reports show them. */
function advisoriesOn(version: string, { advisories }: CatalogueRuntime) {
  return advisories
    .filter((advisory) => isAffected(advisory, version))
    .map(({ id, summary, severity, fixedIn = '', needs, link }) => ({
      id,
      summary,
      severity,
      fixedIn,
      needs: needs?.summary ?? '',
      link,
    }));
}

const conditionNames: Readonly<Record<keyof Rule['host'], string>> = {
  arch: 'architecture',
  os: 'system',
  kernel: 'Linux',
  containerd: 'containerd',
  config: "containerd's configuration version",
  kubelet: 'Kubernetes',
  cgroup: 'cgroup',
};

function conditionsOf({ versions, handlers, host }: Rule): string {
  const named = Object.entries(conditionNames).flatMap(([key, name]) => {
    const condition = host[key as keyof Rule['host']];
    return condition === undefined ? [] : [`${name} ${inWords(condition)}`];
  });
  const own = [
    ...(versions === undefined ? [] : [`version ${inWords(versions)}`]),
    ...(handlers === undefined ? [] : [`handler ${handlers.join(' or ')}`]),
    ...named,
  ];
  return own.join(', ') || 'every host';
}

function inWords(condition: NonNullable<Rule['host'][keyof Rule['host']] | Rule['versions']>): string {
  if (typeof condition === 'string') return condition;
  if (Array.isArray(condition)) return condition.join(' or ');
  const { from, before } = condition as NonNullable<Rule['versions']>;
  if (from !== undefined && before !== undefined) return `from ${from} and before ${before}`;
  return before === undefined ? `from ${from}` : `before ${before}`;
}

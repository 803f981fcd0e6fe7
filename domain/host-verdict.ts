import type { CatalogueRuntime, Rule } from './catalogue.ts';
import { isOlder } from './versions.ts';

/** The facts that rules ask for. */
const factNames = ['os', 'kernel', 'arch', 'containerd', 'config', 'kubelet', 'cgroup'] as const;

/** The name of a fact. */
export type FactName = (typeof factNames)[number];

/** What is known about a host. A fact that is not known is absent. */
export interface HostFacts extends Readonly<Partial<Record<FactName, string>>> {
  /** ID and VERSION_ID of /etc/os-release, for instance `ubuntu 24.04`. */
  readonly os?: string;
  readonly kernel?: string;
  /** As `uname -m` prints it. */
  readonly arch?: string;
  readonly containerd?: string;
  /** The version of containerd's configuration file. */
  readonly config?: string;
  readonly kubelet?: string;
  readonly cgroup?: string;
}

/** What the catalogue knows about one version on one host. */
export interface HostVerdict {
  /** The first rule whose conditions all hold; undefined if the proof on the node decides. */
  readonly rule: Rule | undefined;
  /** Facts that are not known and could change the answer, because a rule before this one asks for them. */
  readonly open: readonly FactName[];
}

/**
 * Decides what the catalogue knows about a host, as `judge_host` does on the node: the rules are matched from the top,
 * and a fact that is not known meets no condition.
 */
export function judgeHost(
  { rules }: Pick<CatalogueRuntime, 'rules'>,
  { version, handler }: { readonly version: string; readonly handler: string },
  host: HostFacts,
): HostVerdict {
  const open = new Set<FactName>();
  for (const rule of rules) {
    if (!isWithin(version, rule.versions) || rule.handlers?.includes(handler) === false) continue;
    const asked = factNames.filter((name) => rule.host[name] !== undefined);
    const unknown = asked.filter((name) => host[name] === undefined);
    if (!asked.every((name) => host[name] === undefined || isMet(rule.host[name], host[name]))) continue;
    if (unknown.length === 0) return { rule, open: [...open] };
    for (const name of unknown) open.add(name);
  }
  return { rule: undefined, open: [...open] };
}

type Condition = Rule['host'][FactName];

function isMet(condition: Condition, seen: string): boolean {
  if (Array.isArray(condition)) return condition.some((one) => one === seen);
  return typeof condition === 'string' ? condition === seen : isWithin(seen, condition as Range | undefined);
}

type Range = NonNullable<Rule['versions']>;

/** Only the leading numbers of a version count. Text without any is neither older nor newer than anything. */
function isWithin(seen: string, { from, before }: Range = {}): boolean {
  const [numbers] = /^[0-9]+(\.[0-9]+)*/.exec(seen) ?? [];
  if (numbers === undefined) return before === undefined;
  return (from === undefined || !isOlder(numbers, from)) && (before === undefined || isOlder(numbers, before));
}

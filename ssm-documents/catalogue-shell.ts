import { architectures } from '../domain/architectures.ts';
import type { CatalogueRuntime, Rule } from '../domain/catalogue.ts';
import type { Verb } from '../domain/parameters.ts';
import { type Runtime, runtimeTraits } from '../domain/runtimes.ts';

/** The properties of a document that its data depends on. */
interface Purpose {
  readonly runtime: Runtime;
  readonly verb: Verb;
  readonly unknownHosts: 'prove' | 'refuse';
  /** The pod annotations that the runtime's shim accepts, by their full names. */
  readonly annotations: readonly string[];
  /** Whether the files come from the mirror, which messages then name. */
  readonly isMirrored?: boolean;
}

/** Renders a runtime's catalogue entry as shell: assignments, and two lookup functions. */
export function catalogueShell(
  entry: CatalogueRuntime,
  { runtime, verb, unknownHosts, annotations, isMirrored }: Purpose,
): string {
  const head = ['# --- data of the catalogue ---', '', `verb=${verb} runtime=${runtime} version=\${SSM_Version:-}`];
  if (verb === 'uninstall' || verb === 'inventory') return head.join('\n');
  const artifacts = entry.versions.flatMap(({ version, artifacts }) =>
    architectures.flatMap((architecture) => {
      const artifact = artifacts[architecture];
      return artifact === undefined ? [] : [{ key: `${version}/${architecture}`, ...artifact }];
    }),
  );
  return [
    ...head,
    `unknown_hosts=${unknownHosts} room_mib=${entry.room} good_host=${quote(entry.goodHost)}`,
    ...(runtimeTraits[runtime].podAnnotations !== undefined && verb === 'install'
      ? [`annotations=(${annotations.map(quote).join(' ')})`]
      : []),
    `nested_families=${quote(entry.nestedVirtualization.join(' '))}`,
    `pinned_artifacts=${quote(artifacts.map(({ key }) => key).join(' '))}`,
    '',
    'artifact_of() {',
    '  case $1/$2 in',
    ...artifacts.flatMap(({ key, url, sha256, size }) => [
      `    ${key})`,
      `      artifact_url=${quote(isMirrored ? `the mirror of ${url}` : url)} artifact_size=${quote(size?.toString() ?? '')}`,
      `      artifact_sha256=${sha256}`,
      '      ;;',
    ]),
    '    *) return 1 ;;',
    '  esac',
    '}',
    '',
    'judge_host() {',
    ...entry.rules.map((rule) => `  ${ruleCall(rule)} && return`),
    '  verdict=unknown',
    '}',
  ].join('\n');
}

function ruleCall(rule: Rule): string {
  const reason = rule.verdict === 'refused' ? `${rule.reason}; use ${rule.instead}` : '';
  const link = rule.verdict === 'unknown' ? '' : rule.link;
  const { arch, os, kernel, containerd, config, kubelet, cgroup } = rule.host;
  const conditions = [
    ...range('version', rule.versions),
    ...range('kernel', kernel),
    ...range('containerd', containerd),
    ...range('config', config),
    ...range('kubelet', kubelet),
    ...list('handler', rule.handlers),
    ...list('arch', arch),
    ...list('os', os),
    ...list('cgroup', cgroup === undefined ? undefined : [cgroup]),
  ];
  return ['rule', rule.verdict, quote(reason), quote(link), ...conditions].join(' ');
}

function range(name: string, bounds?: { from?: string | undefined; before?: string | undefined }): string[] {
  return [
    ...(bounds?.from === undefined ? [] : [quote(`${name}>=${bounds.from}`)]),
    ...(bounds?.before === undefined ? [] : [quote(`${name}<${bounds.before}`)]),
  ];
}

function list(name: string, values?: readonly string[]): string[] {
  return values === undefined ? [] : [quote(`${name}=${values.join(',')}`)];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

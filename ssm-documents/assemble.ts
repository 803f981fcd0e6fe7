import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { architectures, type Catalogue, type CatalogueRuntime, type Rule, runtimeOf } from '../domain/catalogue.ts';
import type { Runtime } from '../domain/node.ts';
import { handlers, parametersFor, timeSteps, type Verb } from '../domain/parameters.ts';
import { packShell, unpackShell } from './pack.ts';

export type { Verb };

/** A Command document of schema 2.2, as CloudFormation and SSM take it. */
interface DocumentContent {
  readonly schemaVersion: '2.2';
  readonly description: string;
  readonly parameters: Readonly<Record<string, DocumentParameter>>;
  readonly mainSteps: readonly [
    {
      readonly action: 'aws:runShellScript';
      readonly name: string;
      readonly precondition: { readonly StringEquals: readonly ['platformType', 'Linux'] };
      readonly inputs: {
        readonly timeoutSeconds: string;
        readonly onFailure: 'exit';
        readonly runCommand: readonly string[];
      };
    },
  ];
}

interface DocumentParameter {
  readonly type: 'String';
  readonly description: string;
  readonly default: string;
  readonly allowedValues: readonly string[];
  readonly allowedPattern: string;
  readonly interpolationType: 'ENV_VAR';
}

/** A document whose name says exactly which text it is. */
export interface AssembledDocument {
  /** `<prefix>-<runtime>-<verb>-<first 12 digits of the hash>`. */
  readonly name: string;
  readonly content: DocumentContent;
  /** The content as JSON: the very text that SSM stores. */
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly hash: string;
}

/** What whoever installs Airlock decides about its documents. */
export interface DocumentOptions {
  /** What the names begin with; `airlock` unless told. */
  readonly prefix?: string;
  /** Whether a host that no rule of the catalogue speaks of is let in as far as its proof (unless told), or turned away. */
  readonly unknownHosts?: 'prove' | 'refuse';
  /** The annotations of a pod that Kata's shim gets, by their full names; none unless told. */
  readonly annotations?: readonly string[];
}

/** SSM refuses more than 64 KB, values of parameters included; 1 KB is left for those. */
const longestDocument = 63 * 1024;

/** How long a step may take: longer than any deadline. What the script waits for is over in the seconds that it is told, and the run ends its command. */
const timeoutSeconds = Math.max(...timeSteps) + 600;

/** The parts of each verb's script, in their order; `runtime` stands for the runtime's name. */
const parts: Record<Verb, readonly string[]> = {
  install: [
    ...[
      'result',
      'time',
      'log',
      'lock',
      'versions',
      'host',
      'bootstrap',
      'catalogue',
      'containerd',
      'kubelet',
      'restart',
      'dump',
      'edit',
      'rehearse',
      'block',
    ],
    ...[
      'journal',
      'undo',
      'packages',
      'fetch',
      'archive',
      'sandbox',
      'runtime',
      'runtime-proof',
      'runtime-files',
      'runtime-install',
    ],
  ],
  prove: [
    'result',
    'time',
    'log',
    'lock',
    'versions',
    'host',
    'catalogue',
    'containerd',
    'kubelet',
    'dump',
    'sandbox',
    'runtime',
    'runtime-proof',
  ],
  uninstall: [
    ...[
      'result',
      'time',
      'log',
      'lock',
      'host',
      'containerd',
      'kubelet',
      'restart',
      'dump',
      'edit',
      'rehearse',
      'unblock',
    ],
    ...['journal', 'undo'],
    ...['runtime', 'runtime-files'],
  ],
};

/** What single runtimes need besides, before their own parts. */
const besides: Partial<Record<`${Runtime} ${Verb}`, readonly string[]>> = {
  'kata install': ['kvm'],
  'sysbox uninstall': ['packages'],
};

/**
 * Puts the shell for one runtime and verb together into one document. The releases and rules of the runtime are part of the text,
 * so a document downloads and executes nothing that its own text does not pin.
 *
 * @throws CatalogueError where the catalogue does not have the runtime
 * @throws RangeError where the document would be too long for SSM
 */
export function assembleDocument(
  catalogue: Catalogue,
  runtime: Runtime,
  verb: Verb,
  { prefix = 'airlock', unknownHosts = 'prove', annotations = [] }: DocumentOptions = {},
): AssembledDocument {
  const entry = runtimeOf(catalogue, runtime);
  const script = [
    shell('node/prelude.sh'),
    data(entry, runtime, verb, unknownHosts, annotations),
    packShell(
      partsOf(runtime, verb)
        .map((name) => shell(`node/${name}.sh`))
        .join('\n'),
    ),
    shell(`${verb}.sh`),
  ].join('\n');
  const content: DocumentContent = {
    schemaVersion: '2.2',
    description: `Airlock: ${verb} ${runtime} on a node.`,
    parameters: parametersOf(entry, runtime, verb),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: verb,
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: { timeoutSeconds: String(timeoutSeconds), onFailure: 'exit', runCommand: [script.trimEnd()] },
      },
    ],
  };
  const text = JSON.stringify(content);
  if (Buffer.byteLength(text) > longestDocument) {
    throw new RangeError(
      `${runtime} ${verb}: the document has ${Buffer.byteLength(text)} bytes; SSM takes ${longestDocument}`,
    );
  }
  const hash = createHash('sha256').update(text).digest('hex');
  return { name: `${prefix}-${runtime}-${verb}-${hash.slice(0, 12)}`, content, text, hash };
}

/** The script of a document as it runs: what the agent writes into its file, with the packed shell in its place. */
export function scriptOf(document: AssembledDocument): string {
  return unpackShell(document.content.mainSteps[0].inputs.runCommand.join('\n'));
}

function partsOf(runtime: Runtime, verb: Verb): readonly string[] {
  const before = besides[`${runtime} ${verb}`] ?? [];
  return parts[verb].flatMap((name) => {
    const part = name.replace('runtime', runtime);
    return name === 'runtime' ? [...before, part] : [part];
  });
}

/** What the document declares: exactly what {@link parametersFor} says it is sent with, limited to what the catalogue has. */
function parametersOf(entry: CatalogueRuntime, runtime: Runtime, verb: Verb): Record<string, DocumentParameter> {
  const sent = parametersFor(verb, { runtime, release: entry.default });
  // The agent itself looks at the pattern only, and does not anchor it.
  const known: Record<string, Pick<DocumentParameter, 'description' | 'allowedValues' | 'allowedPattern'>> = {
    Release: {
      description: `The release of ${runtime}.`,
      allowedValues: entry.releases.map(({ release }) => release),
      allowedPattern: '^[0-9]+(\\.[0-9]+)*$',
    },
    Handler: {
      description: `The name under which containerd knows ${runtime}.`,
      allowedValues: handlers[runtime],
      allowedPattern: '^[a-z]+(-[a-z]+)*$',
    },
    Seconds: {
      description: 'The seconds that are left to the node; what it waits for is given up in time for the rest.',
      allowedValues: timeSteps.map(String),
      allowedPattern: '^[1-9][0-9]{0,4}$',
    },
  };
  return Object.fromEntries(
    Object.entries(sent).map(([name, usual]) => {
      const limits = known[name];
      if (limits === undefined) throw new RangeError(`${runtime} ${verb}: nobody says what ${name} may be`);
      return [name, { type: 'String', default: usual, interpolationType: 'ENV_VAR', ...limits }];
    }),
  );
}

/**
 * One file of shell without its comments, indentation and empty lines, which would cost a fourth of what SSM takes; headings and orders to shellcheck
 * stay. No text in quotes goes over the end of a line and begins the next one with a space.
 */
export function shell(path: string): string {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8');
  return text
    .replaceAll(/^[ \t]*# (?!---|shellcheck ).*\n/gm, '')
    .replaceAll(/^\s+/gm, '')
    .trimEnd();
}

/** What the catalogue says, as shell: assignments, and two functions that look it up. */
function data(
  entry: CatalogueRuntime,
  runtime: Runtime,
  verb: Verb,
  unknownHosts: string,
  annotations: readonly string[],
): string {
  const head = ['# --- data of the catalogue ---', '', `verb=${verb} runtime=${runtime} release=\${SSM_Release:-}`];
  if (verb === 'uninstall') return head.join('\n');
  const artifacts = entry.releases.flatMap(({ release, artifacts }) =>
    architectures.flatMap((architecture) => {
      const artifact = artifacts[architecture];
      return artifact === undefined ? [] : [{ key: `${release}/${architecture}`, ...artifact }];
    }),
  );
  return [
    ...head,
    `unknown_hosts=${unknownHosts} room_mib=${entry.room} good_host=${quote(entry.goodHost)}`,
    ...(runtime === 'kata' && verb === 'install' ? [`annotations=(${annotations.map(quote).join(' ')})`] : []),
    `nested_families=${quote(entry.nestedVirtualization.join(' '))}`,
    `pinned_artifacts=${quote(artifacts.map(({ key }) => key).join(' '))}`,
    '',
    'artifact_of() {',
    '  case $1/$2 in',
    ...artifacts.flatMap(({ key, url, sha256, size }) => [
      `    ${key})`,
      `      artifact_url=${quote(url)} artifact_size=${quote(size?.toString() ?? '')}`,
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
    ...range('release', rule.releases),
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

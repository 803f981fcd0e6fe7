import { createHash } from 'node:crypto';
import { type Catalogue, type CatalogueRuntime, runtimeOf } from '../domain/catalogue.ts';
import { sourceBytes, sourceForm, sourceParameters } from '../domain/mirror.ts';
import { parametersFor, timeSteps, type Verb } from '../domain/parameters.ts';
import { type Runtime, runtimeTraits } from '../domain/runtimes.ts';
import { catalogueShell } from './catalogue-shell.ts';
import { packShell, unpackShell } from './pack.ts';
import { partsOf, shell } from './parts.ts';

export type { Verb };

/** A Command document of schema 2.2, as CloudFormation and SSM accept it. */
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
  readonly allowedValues?: readonly string[];
  readonly allowedPattern: string;
  readonly interpolationType: 'ENV_VAR';
}

/** A document whose name identifies its exact text. */
export interface AssembledDocument {
  /** `<prefix>-<runtime>-<verb>-<first 12 digits of the hash>`. */
  readonly name: string;
  readonly content: DocumentContent;
  /** The content as JSON: the exact text that SSM stores. */
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly hash: string;
}

/** The settings of documents. */
export interface DocumentOptions {
  /** The prefix of the names. Default: `airlock`. */
  readonly prefix?: string;
  /** Whether a host that the catalogue has no rule for is tried until its proof (default) or refused. */
  readonly unknownHosts?: 'prove' | 'refuse';
  /** The pod annotations that the runtime's shim accepts, by their full names. Default: none. */
  readonly annotations?: readonly string[];
  /** Whether the files come from the mirror, by addresses that are sent with the command. Default: from upstream. */
  readonly isMirrored?: boolean;
}

/** SSM rejects more than 64 KB including parameter values. 1 KB is left for those. */
const longestDocument = 63 * 1024;

/**
 * How long a step may take, in seconds: longer than any deadline. The script limits its waits by its parameter Seconds,
 * and the workflow cancels the command.
 */
const timeoutSeconds = Math.max(...timeSteps) + 600;

/**
 * Assembles the shell for one runtime and verb into a document. The runtime's versions and rules are part of its text,
 * so a document downloads and runs nothing that it does not pin itself.
 *
 * @throws CatalogueError if the catalogue does not have the runtime
 * @throws RangeError if the document would be too long for SSM
 */
export function assembleDocument(
  catalogue: Catalogue,
  runtime: Runtime,
  verb: Verb,
  { prefix = 'airlock', unknownHosts = 'prove', annotations = [], isMirrored = false }: DocumentOptions = {},
): AssembledDocument {
  const entry = runtimeOf(catalogue, runtime);
  const downloads = isMirrored && verb === 'install';
  const script = [
    preludeOf(downloads),
    catalogueShell(entry, { runtime, verb, unknownHosts, annotations, isMirrored: downloads }),
    packShell(
      [...partsOf(runtime, verb), ...(downloads ? ['mirror'] : [])].map((part) => shell(`node/${part}.sh`)).join('\n'),
    ),
    shell(`${verb}.sh`),
  ].join('\n');
  const content: DocumentContent = {
    schemaVersion: '2.2',
    description: `Airlock: ${verb} ${runtime} on a node.`,
    parameters: { ...parametersOf(entry, runtime, verb), ...(downloads ? sources : {}) },
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
  const most = longestDocument - (downloads ? sourceBytes : 0);
  if (Buffer.byteLength(text) > most) {
    throw new RangeError(`${runtime} ${verb}: the document has ${Buffer.byteLength(text)} bytes; SSM takes ${most}`);
  }
  const hash = createHash('sha256').update(text).digest('hex');
  return { name: `${prefix}-${runtime}-${verb}-${hash.slice(0, 12)}`, content, text, hash };
}

/** The beginning of a script. Addresses of the mirror leave the environment before any other program starts. */
function preludeOf(downloads: boolean): string {
  const [prelude, addresses, first] = [shell('node/prelude.sh'), shell('node/addresses.sh'), 'set -Eeuo pipefail'];
  return downloads ? prelude.replace(first, [first, addresses].join('\n')) : prelude;
}

/** The addresses of the mirror. They differ with each command, so only their form is limited. */
const sources: Readonly<Record<string, DocumentParameter>> = Object.fromEntries(
  Object.entries(sourceParameters).map(([architecture, name]) => [
    name,
    {
      type: 'String',
      description: `Where the mirror has the file for ${architecture}.`,
      default: '',
      allowedPattern: sourceForm,
      interpolationType: 'ENV_VAR',
    },
  ]),
);

/** The script of a document as it runs: what the agent writes into a file, with the shell unpacked. */
export function scriptOf(document: AssembledDocument): string {
  return unpackShell(document.content.mainSteps[0].inputs.runCommand.join('\n'));
}

/** The parameters of the document: exactly those of {@link parametersFor}, limited to the values in the catalogue. */
function parametersOf(entry: CatalogueRuntime, runtime: Runtime, verb: Verb): Record<string, DocumentParameter> {
  const sent = parametersFor(verb, { runtime, version: entry.default });
  // The agent itself only checks the pattern, and does not anchor it.
  const known: Record<string, Pick<DocumentParameter, 'description' | 'allowedValues' | 'allowedPattern'>> = {
    Version: {
      description: `The version of ${runtime}.`,
      allowedValues: entry.versions.map(({ version }) => version),
      allowedPattern: '^[0-9]+(\\.[0-9]+)*$',
    },
    Handler: {
      description: `The handler name of ${runtime} in containerd.`,
      allowedValues: runtimeTraits[runtime].handlers,
      allowedPattern: '^[a-z]+(-[a-z]+)*$',
    },
    Seconds: {
      description:
        'The seconds that are left for the node. Its waits are limited so that the rest can be done in time.',
      allowedValues: timeSteps.map(String),
      allowedPattern: '^[1-9][0-9]{0,4}$',
    },
  };
  return Object.fromEntries(
    Object.entries(sent).map(([name, usual]) => {
      const limits = known[name];
      if (limits === undefined) throw new RangeError(`${runtime} ${verb}: parameter ${name} has no limits`);
      return [name, { type: 'String', default: usual, interpolationType: 'ENV_VAR', ...limits }];
    }),
  );
}

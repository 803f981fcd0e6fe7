/**
 * AWS's own models of its services, in the form in which its Python SDK has them (botocore): each operation's request,
 * answer and errors, with lengths, patterns, ranges and closed lists that the JavaScript SDK drops.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A type of the model. Lengths of text are in characters, of blobs in bytes, of lists and maps in entries. */
export interface Shape {
  readonly type: string;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, Member>>;
  readonly member?: Member;
  readonly key?: Member;
  readonly value?: Member;
  readonly min?: number;
  readonly max?: number;
  /** A regular expression of Java's. */
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly union?: boolean;
  readonly document?: boolean;
  readonly fault?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number };
}

/** A reference to a type. */
export interface Member {
  readonly shape: string;
  /** The client makes a value if the caller gives none. */
  readonly idempotencyToken?: boolean;
}

/** The model of one service. */
export interface ServiceModel {
  readonly operations: Readonly<
    Record<string, { readonly input?: Member; readonly output?: Member; readonly errors?: readonly Member[] }>
  >;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Folders whose name differs from the service's signing name. */
const folders: Readonly<Record<string, string>> = { states: 'stepfunctions' };

/** Where Debian's `awscli` and `python3-botocore` keep the models. */
const installed = [
  '/usr/lib/python3/dist-packages/botocore/data',
  '/usr/lib/python3/dist-packages/awscli/botocore/data',
];

/**
 * The folder with the models: the one that `AWS_MODELS` names, or that of Debian's packages.
 *
 * @returns `undefined` if there is none
 */
export function findModels(environment: NodeJS.ProcessEnv): string | undefined {
  const named = environment['AWS_MODELS'];
  const folder = [...(named === undefined ? installed : [named])].find((one) => existsSync(join(one, 'sqs')));
  if (named !== undefined && folder === undefined) throw new Error(`AWS_MODELS=${named} has no folder sqs`);
  return folder;
}

/**
 * Reads the newest model of a service.
 *
 * @param service the signing name, for instance `states`
 * @returns `undefined` if the folder has none
 */
export function readServiceModel(models: string, service: string): ServiceModel | undefined {
  const folder = join(models, folders[service] ?? service);
  if (!existsSync(folder)) return undefined;
  const newest = join(folder, readdirSync(folder).toSorted().at(-1) ?? '');
  const plain = join(newest, 'service-2.json');
  const text = existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`));
  return JSON.parse(text.toString('utf8'));
}

import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundleOptions } from '../../lib/bundle-options.ts';
import { median, type Usage, usageOf } from './measure.ts';

/** The bundle of one function, as it is deployed. */
export interface Bundle {
  /** The folder under `lambdas/`. */
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  /** Bytes by package, or by folder for Airlock's own code; the largest first. */
  readonly parts: ReadonlyMap<string, number>;
}

/** The cost of loading a bundle in a process, beside an empty process. */
export interface Loaded {
  /** Milliseconds of processor time, and milliseconds until it is loaded. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** MiB of memory of the process after that, its own included. */
  readonly residentMib: number;
  readonly zippedKib: number;
}

const lambdas = new URL('../../lambdas/', import.meta.url).pathname;

/** What Lambda and CloudFormation fill in, and a function requires in its form when it starts. */
const filledIn = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'none',
  CLUSTER_CA: Buffer.from('-----BEGIN CERTIFICATE-----\n').toString('base64'),
};

/** Bundles every function as the stack does, each separately, and counts the origin of the bytes. */
export async function bundleFunctions(folder: string): Promise<readonly Bundle[]> {
  const names = globSync('*/handler.ts', { cwd: lambdas }).map(dirname).sort();
  return Promise.all(names.map((name) => bundleFunction(name, folder)));
}

async function bundleFunction(name: string, folder: string): Promise<Bundle> {
  const file = join(folder, `${name}.js`);
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints: [join(lambdas, name, 'handler.ts')],
    outfile: file,
    write: true,
    metafile: true,
  });
  const parts = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      parts.set(partOf(input), (parts.get(partOf(input)) ?? 0) + bytesInOutput);
    }
  }
  return { name, file, bytes: statSync(file).size, parts: new Map([...parts].sort(([, a], [, b]) => b - a)) };
}

/** The package of a file, or Airlock's own folder. */
function partOf(input: string): string {
  const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
  return name ?? input.split('/').slice(0, -1).join('/');
}

/**
 * Loads each bundle in its own process, as a cold start does, alternating with an empty process.
 *
 * @param rounds how often; medians are returned
 */
export function loadFunctions(assembly: string, bundles: readonly Bundle[], rounds: number): Map<string, Loaded> {
  const environment = { ...environmentOf(assembly), ...filledIn };
  const samples = new Map<string, Usage[]>(['', ...bundles.map(({ name }) => name)].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    samples.get('')?.push(usageOf(''));
    for (const { name, file } of bundles)
      samples.get(name)?.push(usageOf(`require(${JSON.stringify(file)});`, environment));
  }
  const middle = (name: string, value: (usage: Usage) => number) => median((samples.get(name) ?? []).map(value));
  return new Map(
    bundles.map(({ name, file }) => [
      name,
      {
        cpuMs: middle(name, ({ cpuMs }) => cpuMs) - middle('', ({ cpuMs }) => cpuMs),
        wallMs: middle(name, ({ wallMs }) => wallMs) - middle('', ({ wallMs }) => wallMs),
        residentMib: middle(name, ({ residentMib }) => residentMib),
        zippedKib: gzipSync(readFileSync(file)).byteLength / 1_024,
      },
    ]),
  );
}

/**
 * The variables of all functions of the stack together: each function reads its own. What CloudFormation fills in is an
 * empty object, inside a longer value too.
 */
function environmentOf(assembly: string): Record<string, string> {
  const { Resources } = JSON.parse(readFileSync(join(assembly, 'Airlock.template.json'), 'utf8')) as {
    readonly Resources: Readonly<
      Record<string, { Type: string; Properties: { Environment?: { Variables: Record<string, unknown> } } }>
    >;
  };
  const variables = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .flatMap(({ Properties }) => Object.entries<unknown>(Properties.Environment?.Variables ?? {}));
  return Object.fromEntries(variables.map(([name, value]) => [name, textOf(value)]));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [separator, parts] =
    (value as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] })['Fn::Join'] ?? [];
  return parts === undefined ? '{}' : parts.map(textOf).join(separator);
}

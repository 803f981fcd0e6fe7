import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundleOptions } from '../../lib/bundles.ts';
import { inTurn, processMs, type Sample } from './measure.ts';

/** A function as it is deployed: its bundle, and the environment that it is started with. */
interface Deployed {
  readonly name: string;
  readonly bundle: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly kib: number;
  readonly zippedKib: number;
  /** What a cold start pays beside an empty process, in milliseconds on this machine. */
  readonly importMs: number;
  readonly ratio: number;
}

const rounds = 9;

/** What Lambda and CloudFormation fill in, and a function wants to see in its form when it starts. */
const filledIn = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'none',
  CLUSTER_CA: Buffer.from('-----BEGIN CERTIFICATE-----\n').toString('base64'),
};

/**
 * Starts a process for each function that imports its bundle and ends, as a cold start does, in turn with an empty process.
 *
 * @param folder where the bundle that is compared with is written
 */
export async function measureFunctions(assembly: string, folder: string): Promise<Row[]> {
  const functions = [...functionsOf(assembly), await wholeClient(folder)];
  const start = ({ bundle, environment }: Deployed): Sample => {
    const code = `require(${JSON.stringify(bundle)}); process.exit()`;
    return () => processMs(['-e', code], { ...environment, ...filledIn });
  };
  const empty = () => processMs(['-e', 'process.exit()']);
  const measured = await inTurn(empty, new Map(functions.map((one) => [one.name, start(one)])), rounds);
  return functions.map(({ name, bundle }) => {
    const { median, ratio } = measured.get(name) ?? { median: Number.NaN, ratio: Number.NaN };
    return {
      name,
      kib: statSync(bundle).size / 1024,
      zippedKib: gzipSync(readFileSync(bundle)).byteLength / 1024,
      importMs: median - median / ratio,
      ratio,
    };
  });
}

/** Every function of the stack that is ours: each tells its service's name. */
function functionsOf(assembly: string): Deployed[] {
  const { Resources } = JSON.parse(readFileSync(join(assembly, 'Airlock.template.json'), 'utf8'));
  // biome-ignore lint/suspicious/noExplicitAny: the template is read where the stack has put these fields
  const functions = Object.values<any>(Resources).filter(
    ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Environment !== undefined,
  );
  return functions.map(({ Properties }) => {
    const asset = join(assembly, `asset.${Properties.Code.S3Key.replace('.zip', '')}`);
    const variables = Object.entries<unknown>(Properties.Environment.Variables);
    // What CloudFormation would fill in is no part of the import; some of it is parsed as JSON.
    const named = new Map(variables.map(([name, value]) => [name, typeof value === 'string' ? value : '{}']));
    return {
      name: named.get('POWERTOOLS_SERVICE_NAME') ?? '',
      bundle: join(asset, readdirSync(asset).find((file) => file.endsWith('.js')) ?? ''),
      environment: Object.fromEntries(named),
    };
  });
}

/** What the cluster function would begin with if it imported the Kubernetes client by its entry. */
async function wholeClient(folder: string): Promise<Deployed> {
  const bundle = join(folder, 'whole.js');
  await build({
    ...bundleOptions,
    stdin: {
      contents: "export { CoreV1Api, KubeConfig } from '@kubernetes/client-node';",
      resolveDir: import.meta.dirname,
    },
    outfile: bundle,
    write: true,
  });
  return { name: '(client-node, whole)', bundle, environment: {} };
}

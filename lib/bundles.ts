import { globSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync } from 'esbuild';

const lambdas = join(import.meta.dirname, '..', 'lambdas');

/** How a function becomes one file without dependencies, the AWS SDK included. */
export const bundleOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'silent',
  write: false,
} as const satisfies BuildOptions;

let bundles: ReadonlyMap<string, string> | undefined;

/** All functions are bundled in one go: what they share is read and parsed once, in a third of the time of one go each. */
function bundleAll(): ReadonlyMap<string, string> {
  const names = globSync('*/handler.ts', { cwd: lambdas }).map(dirname);
  const { outputFiles } = buildSync({
    ...bundleOptions,
    entryPoints: Object.fromEntries(names.map((name) => [name, join(lambdas, name, 'handler.ts')])),
    outdir: lambdas,
  });
  return new Map(names.map((name) => [name, textOf(outputFiles, name)]));
}

function textOf(files: ReturnType<typeof buildSync>['outputFiles'], name: string): string {
  const file = files?.find(({ path }) => path === join(lambdas, `${name}.js`));
  if (file === undefined) throw new Error(`esbuild made no bundle of lambdas/${name}`);
  return file.text;
}

/**
 * The code of one function: its handler and all that it imports, in one file `index.js`.
 *
 * @param name the folder under `lambdas/`
 * @throws Error if a function does not build, or if there is none of this name
 */
export function bundleOf(name: string): AssetCode {
  return Code.fromAsset(join(lambdas, name), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Asked for by the CDK, and never pulled: the local bundle is always there.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle: (folder) => {
          bundles ??= bundleAll();
          const text = bundles.get(name);
          if (text === undefined) throw new Error(`lambdas/${name} has no handler.ts`);
          writeFileSync(join(folder, 'index.js'), text);
          return true;
        },
      },
    },
  });
}

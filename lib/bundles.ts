import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { type AssetCode, Code } from 'aws-cdk-lib/aws-lambda';

const lambdas = join(import.meta.dirname, '..', 'lambdas');
const bundler = join(import.meta.dirname, 'bundle-functions.ts');

/** More bytes than all bundles together. */
const mostBytes = 100_000_000;

let bundles: Readonly<Record<string, string>> | undefined;

/** Bundles all functions. @throws Error with esbuild's message if one does not build */
function bundleAll(): Readonly<Record<string, string>> {
  const printed = execFileSync(process.execPath, [bundler], { encoding: 'utf8', maxBuffer: mostBytes, stdio: 'pipe' });
  return JSON.parse(printed) as Record<string, string>;
}

/**
 * A function's code: its handler and everything it imports, in one file `index.js`.
 *
 * @param name the folder under `lambdas/`
 * @throws Error if a function does not build, or no function has this name
 */
export function bundleOf(name: string): AssetCode {
  return Code.fromAsset(join(lambdas, name), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // The CDK requires an image. It is never pulled: the local bundle always exists.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle: (folder) => {
          bundles ??= bundleAll();
          const text = bundles[name];
          if (text === undefined) throw new Error(`lambdas/${name} has no handler.ts`);
          writeFileSync(join(folder, 'index.js'), text);
          return true;
        },
      },
    },
  });
}

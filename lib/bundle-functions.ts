// Bundles every function, and prints the bundles as one JSON object by their folders under `lambdas/`. Its own process: the CDK asks for code at once, and
// esbuild has plugins only if it is waited for.
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from './bundle-options.ts';

const lambdas = join(import.meta.dirname, '..', 'lambdas');
const names = globSync('*/handler.ts', { cwd: lambdas }).map(dirname);
// In one go: what they share is read and parsed once, in a third of the time of one go each.
const { outputFiles } = await build({
  ...bundleOptions,
  entryPoints: Object.fromEntries(names.map((name) => [name, join(lambdas, name, 'handler.ts')])),
  outdir: lambdas,
  write: false,
});
const textOf = (name: string) => outputFiles.find(({ path }) => path === join(lambdas, `${name}.js`))?.text;
process.stdout.write(JSON.stringify(Object.fromEntries(names.map((name) => [name, textOf(name)]))));

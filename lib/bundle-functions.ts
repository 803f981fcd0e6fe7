// Bundles every function and prints the bundles as one JSON object, keyed by folder under `lambdas/`. It is a separate
// process because the CDK asks for code synchronously, while esbuild supports plugins only asynchronously.
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from './bundle-options.ts';

const lambdas = join(import.meta.dirname, '..', 'lambdas');
const names = globSync('*/handler.ts', { cwd: lambdas }).map(dirname);
// One build for all functions: shared modules are read and parsed once, in a third of the time.
const { outputFiles } = await build({
  ...bundleOptions,
  entryPoints: Object.fromEntries(names.map((name) => [name, join(lambdas, name, 'handler.ts')])),
  outdir: lambdas,
  write: false,
});
const textOf = (name: string) => outputFiles.find(({ path }) => path === join(lambdas, `${name}.js`))?.text;
process.stdout.write(JSON.stringify(Object.fromEntries(names.map((name) => [name, textOf(name)]))));

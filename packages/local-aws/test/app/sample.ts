import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Architecture, Code, type FunctionProps, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import { inject } from 'vitest';

const bundles = new Map<string, string>();

/** A folder that is removed after the tests. */
export function temporaryFolder(): string {
  return mkdtempSync(join(inject('scratch'), 'sample-'));
}

/** Synthesizes a small app offline, in its own folder. */
export function synthesize(build: (stack: Stack) => void): string {
  const outdir = temporaryFolder();
  const app = new App({ outdir, analyticsReporting: false });
  build(new Stack(app, 'Sample'));
  app.synth();
  return outdir;
}

/** Writes a template as an assembly of one stack, for templates that CDK would not write. */
export function assemblyOf(template: object): string {
  const outdir = temporaryFolder();
  const properties = { templateFile: 'Sample.template.json' };
  const manifest = { version: '48.0.0', artifacts: { Sample: { type: 'aws:cloudformation:stack', properties } } };
  writeFileSync(join(outdir, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(outdir, 'Sample.template.json'), JSON.stringify(template));
  return outdir;
}

/**
 * A function of the sample with the SDK in it, bundled as CDK's NodejsFunction does it, but once for all callers with
 * the same file.
 */
export function sampleFunction(
  stack: Stack,
  id: string,
  handler: string,
  { entry = 'sample.ts', ...props }: Partial<FunctionProps> & { readonly entry?: string } = {},
): LambdaFunction {
  return new LambdaFunction(stack, id, {
    code: Code.fromAsset(bundleOf(entry)),
    handler: `index.${handler}`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    ...props,
  });
}

function bundleOf(entry: string): string {
  const known = bundles.get(entry);
  if (known !== undefined) return known;
  const folder = temporaryFolder();
  buildSync({
    entryPoints: [join(import.meta.dirname, 'functions', entry)],
    outfile: join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    logLevel: 'error',
  });
  bundles.set(entry, folder);
  return folder;
}

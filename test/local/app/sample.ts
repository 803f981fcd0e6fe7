import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { afterAll } from 'vitest';

const folders: string[] = [];

// This module is loaded while a test file is collected, so the hook belongs to that file.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone after the tests of the file that asks for it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-cloud-'));
  folders.push(folder);
  return folder;
}

/** Synthesizes a small app offline, in a folder of its own. */
export function synthesize(build: (stack: Stack) => void): string {
  const outdir = temporaryFolder();
  const app = new App({ outdir, analyticsReporting: false });
  build(new Stack(app, 'Sample'));
  app.synth();
  return outdir;
}

/** Writes a template as an assembly of one stack, for what CDK would not write. */
export function assemblyOf(template: object): string {
  const outdir = temporaryFolder();
  const properties = { templateFile: 'Sample.template.json' };
  const manifest = { version: '48.0.0', artifacts: { Sample: { type: 'aws:cloudformation:stack', properties } } };
  writeFileSync(join(outdir, 'manifest.json'), JSON.stringify(manifest));
  writeFileSync(join(outdir, 'Sample.template.json'), JSON.stringify(template));
  return outdir;
}

/** A function of the sample, bundled with the SDK in it. */
export function sampleFunction(
  stack: Stack,
  id: string,
  handler: string,
  props: Partial<NodejsFunctionProps> = {},
): NodejsFunction {
  return new NodejsFunction(stack, id, {
    entry: join(import.meta.dirname, 'functions/sample.ts'),
    handler,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    bundling: { bundleAwsSDK: true, format: OutputFormat.CJS },
    ...props,
  });
}

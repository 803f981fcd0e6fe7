import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { bundleOptions } from '../../lib/bundle-options.ts';

const lambdas = join(import.meta.dirname, '..', '..', 'lambdas');
const names = globSync('*/handler.ts', { cwd: lambdas }).map(dirname).sort();

/**
 * The limit of a bundle in KiB: a tenth above its size. A larger bundle has gained a package, and each cold start loads
 * it: the processor needs about a millisecond for 8 KiB.
 */
const mostKib: Readonly<Record<string, number>> = {
  admission: 560,
  attestation: 600,
  cancellation: 530,
  'cluster-inside': 620,
  cluster: 1_090,
  dispatch: 630,
  doctor: 2_000,
  mirror: 900,
  'find-cluster': 430,
  'grant-cluster-admin': 500,
  'prepare-cluster': 630,
  'receipt-key': 450,
  reconcile: 690,
  remediation: 530,
  results: 590,
  terminations: 620,
};

/** The only functions that may contain a package. */
const owners: Readonly<Record<string, readonly string[]>> = {
  undici: ['cluster', 'cluster-inside', 'prepare-cluster'],
  '@aws-sdk/client-ec2': ['admission', 'doctor', 'reconcile', 'remediation', 'terminations'],
  '@aws-sdk/client-eks': ['doctor', 'find-cluster', 'grant-cluster-admin'],
  '@aws-sdk/client-kms': ['attestation', 'receipt-key'],
  '@aws-sdk/client-cloudformation': ['grant-cluster-admin'],
  '@aws-sdk/client-s3': ['mirror'],
  '@aws-sdk/client-sts': ['dispatch'],
  // What a function must not load: the Kubernetes client provides only types.
  '@kubernetes/client-node': [],
  // A node's user data can hold YAML.
  yaml: ['doctor'],
  'aws-cdk-lib': [],
};

let outputs: Metafile['outputs'];
beforeAll(async () => {
  const entryPoints = Object.fromEntries(names.map((name) => [name, join(lambdas, name, 'handler.ts')]));
  const { metafile } = await build({ ...bundleOptions, entryPoints, outdir: lambdas, metafile: true });
  outputs = metafile.outputs;
});

const outputOf = (name: string) =>
  Object.entries(outputs).find(([path]) => path.endsWith(`/lambdas/${name}.js`) || path === `lambdas/${name}.js`)?.[1];

it.each(names)('the bundle of %s is within its limit', (name) => {
  expect(mostKib[name], `a bound for ${name}`).toBeDefined();
  expect((outputOf(name)?.bytes ?? Number.NaN) / 1_024).toBeLessThan(mostKib[name] ?? 0);
});

it.each(Object.entries(owners))('%s is only in the bundles of %j', (dependency, expected) => {
  const found = names.filter((name) =>
    Object.entries(outputOf(name)?.inputs ?? {}).some(
      ([path, { bytesInOutput }]) => bytesInOutput > 0 && path.includes(`node_modules/${dependency}/`),
    ),
  );
  expect(found).toEqual(expected);
});

import { readFileSync } from 'node:fs';
import type { BuildOptions, Plugin } from 'esbuild';

/**
 * Inlines the constants by which the SDK's schemas name their keys. esbuild assumes that a computed key may have a side
 * effect and keeps the whole schema. EC2's schemas are half a megabyte, of which a function needs a twentieth.
 */
const writtenKeys: Plugin = {
  name: 'written-keys',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk\/[^/]+\/dist-es\/schemas\/schemas_\d+\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const constants = new Map(
        [...text.matchAll(/^const (_\w+) = ("[^"\\]*");$/gm)].map(([, name, value]) => [name, value]),
      );
      return {
        contents: text.replace(/\[(_\w+)\]:/g, (key, name) => (constants.has(name) ? `${constants.get(name)}:` : key)),
      };
    });
  },
};

/** How a function is bundled into one file without dependencies, the AWS SDK included. */
export const bundleOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'silent',
  write: false,
  plugins: [writtenKeys],
} satisfies BuildOptions;

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/assembly/project.ts'],
    include: ['test/**/*.test.ts'],
    // Those need root: npm run test:node.
    exclude: ['test/node/**'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
    // Files share a worker, and with it what is slow to load: the CDK, the SDK and the bundles of the local cloud's functions.
    isolate: false,
  },
});

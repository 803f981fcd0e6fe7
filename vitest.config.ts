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
    // One process loads the CDK, the SDKs and the bundles once for all its files, not once for each. No module of ours keeps what a test changes.
    isolate: false,
  },
});

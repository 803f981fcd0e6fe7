import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/node/setup.ts'],
    include: ['test/node/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Its machines share two processors with the other lanes of a whole run, and a proof has a time limit.
    retry: 1,
    reporters: ['verbose'],
  },
});

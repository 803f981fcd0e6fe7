import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    globalSetup: ['test/node/setup.ts'],
    include: ['test/node/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: ['verbose'],
  },
});

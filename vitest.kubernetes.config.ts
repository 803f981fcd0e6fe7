import { defineConfig } from 'vitest/config';

/** What a stand-in and a real API server have to do alike: the same files against whichever there is. */
export default defineConfig({
  test: {
    globalSetup: ['test/kubernetes/backend.ts'],
    include: [
      'test/kubernetes/**/*.test.ts',
      'test/lambdas/adapters/kubernetes{,-watch}.test.ts',
      'test/lambdas/cluster/{conflict,quarantine,released,survey}.test.ts',
    ],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
    reporters: ['verbose'],
  },
});

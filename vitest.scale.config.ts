import { defineConfig } from 'vitest/config';

/** Runs that take minutes; they have both processors to themselves. */
export default defineConfig({
  test: {
    globalSetup: ['test/assembly/project.ts'],
    include: ['test/scale/**/*.scale.ts'],
    testTimeout: 60 * 60_000,
    execArgv: ['--max-old-space-size=12000', '--max-semi-space-size=64'],
    maxWorkers: 1,
    disableConsoleIntercept: true,
    reporters: ['verbose'],
  },
});

import { defineConfig } from 'vitest/config';

/** Runs that take minutes; they have both processors to themselves. */
export default defineConfig({
  test: {
    globalSetup: ['test/assembly/project.ts'],
    include: ['test/scale/**/*.scale.ts'],
    testTimeout: 60 * 60_000,
    // A thousand environments live at once, 1.5 MB each: a collector that starts small looks through all of them again
    // and again.
    execArgv: [
      '--max-old-space-size=12000',
      '--initial-old-space-size=4000',
      '--min-semi-space-size=64',
      '--max-semi-space-size=128',
    ],
    maxWorkers: 1,
    disableConsoleIntercept: true,
    reporters: ['verbose'],
  },
});

import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { shareOut } from './test/lanes/shares.ts';

/** How long the files took that take longest, in seconds; another one counts as {@link usual}. */
const seconds: Readonly<Record<string, number>> = {
  interruptions: 398,
  configurations: 215,
  runtimes: 171,
  daemons: 118,
  restarts: 117,
  rewritten: 112,
  model: 112,
  faults: 85,
  waiting: 62,
};
const usual = 25;

function secondsOf({ moduleId }: TestSpecification): number {
  return seconds[basename(moduleId, '.test.ts')] ?? usual;
}

/** Shards take about the same time, and each begins with its longest file. */
class ByTime extends BaseSequencer {
  override async shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { index, count } = this.ctx.config.shard ?? { index: 1, count: 1 };
    // Every shard sees the files in the same order.
    const sorted = files.toSorted((one, other) => one.moduleId.localeCompare(other.moduleId));
    return shareOut(sorted, secondsOf, count)[index - 1] ?? [];
  }

  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((one, other) => secondsOf(other) - secondsOf(one));
  }
}

export default defineConfig({
  test: {
    globalSetup: ['test/node/setup.ts'],
    include: ['test/node/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { sequencer: ByTime },
    // Its machines share two processors with the other lanes of a whole run, and a proof has a time limit.
    retry: 1,
    reporters: ['verbose'],
  },
});

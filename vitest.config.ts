import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Each test file is in one lane. The first takes seconds: it needs neither the synthesized app nor the local cloud.
const unit = [
  'test/{doctor,domain,kubernetes,lanes,template}/**/*.test.ts',
  'test/lambdas/**/!(crowd|faults|ledger-rights|order|prepare).test.ts',
  'test/lib/**/!(dashboard|doctor-function|limits|queries|template*).test.ts',
  'test/docs/words.test.ts',
  'test/{cli/html,dashboard}/**/*.test.ts',
  'test/mutations/anchor.test.ts',
];
/** Files that replace modules: no other file may share those with them. */
const isolated = [
  'test/cli/unrecorded.test.ts',
  'test/lambdas/doctor/handler.test.ts',
  'test/lambdas/reconcile/{handler,keep-records,latest-runs,pass,start-reruns}.test.ts',
];
const local = ['packages/*/test/**/*.test.ts'];

const common = {
  testTimeout: 120_000,
  hookTimeout: 300_000,
  setupFiles: [join(import.meta.dirname, 'test/property-seed.ts')],
  // Files share a worker, and with it what is slow to load: the CDK, the SDK and the bundles of the local cloud's
  // functions.
  isolate: false,
  // A simulation makes much that is garbage at once: a young generation that holds one saves a tenth of the processor
  // time.
  execArgv: ['--min-semi-space-size=32', '--max-semi-space-size=64'],
  env: {
    // `cdk synth` makes the CDK's checks of the template.
    CDK_VALIDATION: 'false',
    // The command line starts in half of the time.
    NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'compiled'),
  },
};
/** The file that takes longest is small, and Vitest would begin with it last, on one processor. */
const longest = 'test/scenarios/registry.test.ts';

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => Number(b.moduleId.endsWith(longest)) - Number(a.moduleId.endsWith(longest)));
  }
}

const globalSetup = ['test/assembly/project.ts'];

export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...common, name: 'unit', include: unit, exclude: isolated } },
      { test: { ...common, name: 'isolated', include: isolated, isolate: true } },
      { test: { ...common, name: 'local', include: local, globalSetup } },
      {
        test: {
          ...common,
          name: 'scenario',
          setupFiles: [...common.setupFiles, join(import.meta.dirname, 'test/aws-models.ts')],
          include: ['test/**/*.test.ts'],
          // Those of test/node need root: npm run test:node.
          exclude: [...unit, ...isolated, ...local, 'test/node/**'],
          globalSetup,
        },
      },
    ],
  },
});

/** The part of Vitest's JSON report that is counted; `npm run test:faults -- --report` writes the same. */
export interface Report {
  readonly testResults: readonly {
    /** The test file. */
    readonly name: string;
    /** `failed` also if the file could not be loaded and has no tests. */
    readonly status?: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** One lane of a run: its exit status, and its report if it runs tests. */
export interface Lane {
  readonly status: number;
  readonly report?: Report;
}

/** The number of tests by status. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Adds up the lanes of a run.
 *
 * A lane without a report counts as one test. So does a lane that failed although none of its tests did, for instance
 * because of an error outside them. A test that one lane skipped counts as skipped only if no other lane ran it.
 */
export function countLanes(lanes: readonly Lane[]): Counts {
  const counts = { passed: 0, failed: 0 };
  const ran = new Set<string>();
  const skipped = new Set<string>();
  for (const { status, report } of lanes) {
    let failed = 0;
    for (const { key, ended } of report === undefined ? [] : testsOf(report)) {
      if (ended === 'passed') counts.passed++;
      else if (ended === 'failed') failed++;
      (ended === 'skipped' ? skipped : ran).add(key);
    }
    if (failed === 0 && status !== 0) failed = 1;
    if (report === undefined && status === 0) counts.passed++;
    counts.failed += failed;
  }
  return { ...counts, skipped: [...skipped].filter((key) => !ran.has(key)).length };
}

/** The last line of a run. */
export function lineOf({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** The test files that skipped a test in one of the lanes, relative to the checkout. */
export function filesThatSkipped(lanes: readonly Lane[]): readonly string[] {
  const tests = lanes.flatMap(({ report }) => (report === undefined ? [] : testsOf(report)));
  return [...new Set(tests.filter(({ ended }) => ended === 'skipped').map(({ file }) => file))];
}

/** A pattern of the full names of the tests that were skipped in one of the lanes, as Vitest takes it. */
export function patternOfSkipped(lanes: readonly Lane[]): string {
  const tests = lanes.flatMap(({ report }) => (report === undefined ? [] : testsOf(report)));
  const names = tests.filter(({ ended }) => ended === 'skipped').map(({ fullName }) => escaped(fullName));
  return [...new Set(names)].join('|');
}

/** A text that a pattern matches literally. */
function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

interface Counted {
  readonly file: string;
  readonly fullName: string;
  /** Identifies the test in every lane. */
  readonly key: string;
  readonly ended: 'passed' | 'failed' | 'skipped';
}

function testsOf({ testResults }: Report): Counted[] {
  return testResults.flatMap(({ name, status, assertionResults }) => {
    // The same file is in different folders in different lanes.
    const [file = name] = /(?:packages\/[a-z-]+\/)?test\/(?!.*\/test\/).*$/.exec(name) ?? [];
    const seen = new Map<string, number>();
    const tests = assertionResults.map((test): Counted => {
      const { fullName } = test;
      const count = (seen.get(fullName) ?? 0) + 1;
      seen.set(fullName, count);
      const ended = test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped';
      return { file, fullName, key: `${file} ${fullName} ${count}`, ended };
    });
    const unloaded = status === 'failed' && !tests.some(({ ended }) => ended === 'failed');
    return unloaded ? [...tests, { file, fullName: '', key: file, ended: 'failed' }] : tests;
  });
}

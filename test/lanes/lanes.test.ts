import { describe, expect, it } from 'vitest';
import { countLanes, filesThatSkipped, lineOf, patternOfSkipped, type Report } from './lanes.ts';

/** A report of one file in a folder, with a test for each status. */
const report = (folder: string, ...statuses: string[]): Report => ({
  testResults: [
    {
      name: `${folder}/test/a.test.ts`,
      status: statuses.includes('failed') ? 'failed' : 'passed',
      assertionResults: statuses.map((status) => ({ fullName: 'says it', status })),
    },
  ],
});

describe('the last line of a run', () => {
  it('adds up the tests of all lanes', () => {
    const lanes = [
      { status: 0, report: report('/a', 'passed', 'passed') },
      { status: 1, report: report('/a', 'passed', 'failed') },
    ];

    expect(lineOf(countLanes(lanes))).toBe('3 passed, 1 failed');
  });

  it('counts a lane without tests as one', () => {
    expect(lineOf(countLanes([{ status: 0 }, { status: 7 }]))).toBe('1 passed, 1 failed');
  });

  it('counts a lane that failed outside its tests', () => {
    expect(countLanes([{ status: 1, report: report('/a', 'passed') }])).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a file that could not be loaded, despite an exit status of 0', () => {
    const broken = { testResults: [{ name: '/a/test/b.test.ts', status: 'failed', assertionResults: [] }] };

    expect(countLanes([{ status: 0, report: broken }])).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts as skipped what no lane ran, and distinguishes tests with the same name', () => {
    const inside = { status: 0, report: report('/home/user/airlock', 'pending', 'pending', 'passed') };
    const outside = { status: 0, report: report('/builds/test/airlock', 'passed', 'pending', 'passed') };

    expect(lineOf(countLanes([inside]))).toBe('1 passed, 0 failed, 2 skipped');
    expect(lineOf(countLanes([inside, outside]))).toBe('3 passed, 0 failed, 1 skipped');
  });

  it('distinguishes files with the same name in two packages', () => {
    const skippedHere = { status: 0, report: report('/a/packages/lab', 'skipped') };
    const ranThere = { status: 0, report: report('/b/packages/local-aws', 'passed') };

    expect(lineOf(countLanes([skippedHere, ranThere]))).toBe('1 passed, 0 failed, 1 skipped');
    expect(filesThatSkipped([skippedHere])).toEqual(['packages/lab/test/a.test.ts']);
  });

  it('has a pattern of the tests that were skipped, whatever their names contain', () => {
    const skipped = report('/a', 'passed', 'skipped');
    for (const { assertionResults } of skipped.testResults)
      assertionResults.map((one, at) => Object.assign(one, { fullName: `(${at}) says [it]. | twice` }));
    const pattern = new RegExp(patternOfSkipped([{ status: 0 }, { status: 0, report: skipped }]));
    expect(pattern.test('(1) says [it]. | twice')).toBe(true);
    expect(pattern.test('(0) says [it]. | twice')).toBe(false);
  });

  it('lists the files in which a test was skipped', () => {
    expect(filesThatSkipped([{ status: 0 }, { status: 0, report: report('/a', 'passed', 'skipped') }])).toEqual([
      'test/a.test.ts',
    ]);
    expect(filesThatSkipped([{ status: 0, report: report('/a', 'passed') }])).toEqual([]);
  });
});

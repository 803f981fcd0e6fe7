// usage: .ci/count.ts [--skipped | --pattern] FOLDER
// Adds up the lanes of a run. A lane is FOLDER/<name>.status with its exit status and, if it runs tests, FOLDER/<name>.json with what Vitest's JSON
// reporter writes. Prints one line, `N passed, N failed`, and exits with 1 if anything failed. With --skipped it prints the test files that
// skipped a test, one a line, and with --pattern a pattern of the names of these tests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { countLanes, filesThatSkipped, type Lane, lineOf, patternOfSkipped, type Report } from '../test/lanes/lanes.ts';

const { values, positionals } = parseArgs({
  options: { skipped: { type: 'boolean' }, pattern: { type: 'boolean' } },
  allowPositionals: true,
});
const [folder = '.'] = positionals;
const files = readdirSync(folder);
const lanes = files
  .filter((name) => name.endsWith('.status'))
  .map((file): Lane => {
    const status = Number(readFileSync(join(folder, file), 'utf8'));
    const report = file.replace(/\.status$/, '.json');
    if (!files.includes(report)) return { status };
    return { status, report: JSON.parse(readFileSync(join(folder, report), 'utf8')) as Report };
  });
if (values.pattern) {
  process.stdout.write(patternOfSkipped(lanes));
} else if (values.skipped) {
  for (const file of filesThatSkipped(lanes)) process.stdout.write(`${file}\n`);
} else {
  const counts = countLanes(lanes);
  process.stdout.write(`${lineOf(counts)}\n`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

import * as v from 'valibot';
import {
  type Diagnosis,
  type FindingCode,
  type FindingLevel,
  fillIn,
  findingCodes,
  findingGroups,
  findingLevels,
  findingOf,
} from '../../domain/findings.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { outputWidth, print, styled, wrap } from '../output/text.ts';

const code = v.picklist(findingCodes);
const kindEntries = {
  code,
  level: v.picklist(findingLevels),
  group: v.picklist(findingGroups),
  sentence: v.string(),
  effect: v.string(),
  fix: v.string(),
  link: v.string(),
};

/** What `airlock doctor --json` prints. */
export const DoctorSchema = v.strictObject({
  version: v.literal(1),
  checked: v.array(v.string()),
  findings: v.array(v.strictObject({ ...kindEntries, resource: v.string(), field: v.string(), seen: v.string() })),
  notChecked: v.array(v.strictObject({ codes: v.array(code), resource: v.string(), reason: v.string() })),
});

/** What `airlock doctor --list --json` prints. */
export const FindingListSchema = v.strictObject({
  version: v.literal(1),
  findings: v.array(v.strictObject(kindEntries)),
});

/** A diagnosis as one object. */
export function doctorReport({ checked, findings, notChecked }: Diagnosis): v.InferInput<typeof DoctorSchema> {
  const shown = findings.map(({ values = {}, resource, field, seen, code }) => ({
    ...kindOf(code),
    effect: fillIn(findingOf(code).effect, values),
    fix: fillIn(findingOf(code).fix, values),
    resource,
    field,
    seen,
  }));
  const order = [...findingCodes];
  return {
    version: 1,
    checked: [...checked],
    findings: shown.toSorted((one, other) => order.indexOf(one.code) - order.indexOf(other.code)),
    notChecked: notChecked.map((one) => ({ ...one, codes: [...one.codes] })),
  };
}

/** The list of findings as one object. */
export function findingList(codes: readonly FindingCode[]): v.InferInput<typeof FindingListSchema> {
  return { version: 1, findings: codes.map(kindOf) };
}

/** The exit code of a diagnosis. A known problem takes precedence over an unknown. */
export function exitCodeOf({ findings, notChecked }: Diagnosis, threshold: FindingLevel): ExitCode {
  const counted = findingLevels.slice(0, findingLevels.indexOf(threshold) + 1);
  if (findings.some(({ code }) => counted.includes(findingOf(code).level))) return exitCodes.findings;
  return notChecked.length > 0 ? exitCodes.couldNotLook : exitCodes.fine;
}

/** Prints a diagnosis for people. */
export function printDiagnosis(diagnosis: Diagnosis): void {
  const width = outputWidth();
  const report = doctorReport(diagnosis);
  for (const group of findingGroups) {
    const own = report.findings.filter((one) => one.group === group);
    if (own.length > 0) print(`${styled('bold', group)}\n`);
    for (const finding of own) printFinding(finding, width);
  }
  if (report.notChecked.length > 0) print(`${styled('bold', 'not checked')}\n`);
  for (const { codes, resource, reason } of report.notChecked) {
    print(wrap(styled('yellow', codes.join(', ')), width));
    print(wrap(styled('bold', resource), width, 2));
    print(`${wrap(`could not look: ${reason}`, width, 2)}\n`);
  }
  print(wrap(summaryOf(report), width));
}

/** Prints the closed list for people. */
export function printFindingList(codes: readonly FindingCode[]): void {
  for (const { code, level, group, sentence } of codes.map(kindOf)) {
    const head = `${code}  ${level.padEnd(7)}  ${group.padEnd(9)}  `;
    const width = outputWidth();
    if (width < 72) print(`${head.trimEnd()}\n${wrap(sentence, width, 2)}`);
    else print(head + wrap(sentence, width, head.length).trimStart());
  }
}

type ShownFinding = v.InferInput<typeof DoctorSchema>['findings'][number];

function printFinding(finding: ShownFinding, width: number): void {
  const { code, level, resource, field, seen, sentence, effect, fix, link } = finding;
  print(styled(level === 'error' ? 'red' : 'yellow', `${code} ${level}`));
  print(wrap(styled('bold', resource), width, 2));
  print(wrap(`${field}: ${seen}`, width, 2));
  print(wrap(`${sentence} ${effect}`, width, 2));
  print('  Fix:');
  print(
    fix
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n'),
  );
  print(`  More: ${link}\n`);
}

/** What was found, in one line. */
export function summaryOf({ checked, findings, notChecked }: v.InferInput<typeof DoctorSchema>): string {
  const counts = findingLevels.map((level) => counted(findings.filter((one) => one.level === level).length, level));
  const missed = notChecked.length === 0 ? '' : `, ${notChecked.length} not checked`;
  return `${counts.join(', ')}${missed}; looked at ${counted(checked.length, 'resource')}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function kindOf(code: FindingCode) {
  const { level, group, sentence, effect, fix, link } = findingOf(code);
  return { code, level, group, sentence, effect, fix, link };
}

import {
  type Diagnosis,
  type FindingCode,
  type FindingGroup,
  findingCodes,
  findingGroups,
  findingOf,
} from '../../domain/findings.ts';
import { UsageError } from '../output/errors.ts';

/**
 * The codes that `--only` and `--skip` leave.
 *
 * @param only codes and groups, with commas between them; all if there are none
 * @throws UsageError for a name that is neither
 */
export function selectCodes(only: readonly string[], skip: readonly string[]): readonly FindingCode[] {
  const wanted = only.length === 0 ? new Set(findingCodes) : codesIn('--only', only);
  const unwanted = codesIn('--skip', skip);
  return findingCodes.filter((code) => wanted.has(code) && !unwanted.has(code));
}

function codesIn(option: string, names: readonly string[]): ReadonlySet<FindingCode> {
  const codes = names
    .flatMap((list) => list.split(','))
    .flatMap((name): readonly FindingCode[] => {
      const code = findingCodes.find((one) => one === name.toUpperCase());
      if (code !== undefined) return [code];
      if (findingGroups.includes(name as FindingGroup))
        return findingCodes.filter((one) => findingOf(one).group === name);
      const accepted = `a code of airlock doctor --list, or ${findingGroups.join(', ')}`;
      throw new UsageError(`option '${option}' is ${JSON.stringify(name)}; accepted: ${accepted}`);
    });
  return new Set(codes);
}

/** The part of a diagnosis that is about some codes. */
export function restrictTo(codes: readonly FindingCode[], { checked, findings, notChecked }: Diagnosis): Diagnosis {
  return {
    checked,
    findings: findings.filter(({ code }) => codes.includes(code)),
    notChecked: notChecked
      .map((one) => ({ ...one, codes: one.codes.filter((code) => codes.includes(code)) }))
      .filter((one) => one.codes.length > 0),
  };
}

import { loadSettings } from '../../lib/config/settings.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { examineFiles } from './examine-files.ts';
import type { DoctorOptions } from './options.ts';
import {
  DoctorSchema,
  doctorReport,
  exitCodeOf,
  FindingListSchema,
  findingList,
  printDiagnosis,
  printFindingList,
} from './report.ts';
import { restrictTo, selectCodes } from './select.ts';

/**
 * Runs `airlock doctor`.
 *
 * @param files the files to look at
 * @throws UsageError or ConfigError
 */
export async function doctor(files: readonly string[], options: DoctorOptions): Promise<ExitCode> {
  const codes = selectCodes(options.only, options.skip);
  if (options.list) {
    if (options.json) printJson(FindingListSchema, findingList(codes));
    else printFindingList(codes);
    return exitCodes.fine;
  }
  if (!options.pre || files.length === 0) {
    throw new UsageError(`doctor is given ${files.length} files; accepted: --pre and at least one file with a pool`);
  }
  const { config, versions } = loadSettings({ config: options.config });
  const diagnosis = restrictTo(codes, examineFiles(files, options.parameter, { config, versions }));
  if (options.json) printJson(DoctorSchema, doctorReport(diagnosis));
  else printDiagnosis(diagnosis);
  return exitCodeOf(diagnosis, options.threshold);
}

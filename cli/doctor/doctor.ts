import { type Diagnosis, joinDiagnoses } from '../../domain/findings.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import type { Standard } from './check-pool.ts';
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
  if (options.pre && files.length === 0) {
    throw new UsageError("option '--pre' is given without a file; accepted: --pre and at least one file with a pool");
  }
  const { config, versions } = loadSettings({ config: options.config });
  const standard = { config, versions };
  const diagnoses = files.length === 0 ? [] : [examineFiles(files, options.parameter, standard)];
  if (!options.pre) diagnoses.push(...(await examineDeployment(options.kubeconfig, files.length > 0, standard)));
  const diagnosis = restrictTo(codes, joinDiagnoses(diagnoses));
  if (options.json) printJson(DoctorSchema, doctorReport(diagnosis));
  else printDiagnosis(diagnosis);
  return exitCodeOf(diagnosis, options.threshold);
}

/** Looks at the cluster and the account. What both need is loaded only here. */
async function examineDeployment(
  kubeconfig: string | undefined,
  hasFiles: boolean,
  standard: Standard,
): Promise<readonly Diagnosis[]> {
  const { examineCluster } = await import('./examine-cluster.ts');
  const { examineAccount } = await import('./check-account.ts');
  const { account } = await import('./account-reader.ts');
  const [cluster, others] = await Promise.all([
    examineCluster(kubeconfig, hasFiles, standard),
    examineAccount(account, standard.config.clusters.length),
  ]);
  return [cluster, ...others];
}

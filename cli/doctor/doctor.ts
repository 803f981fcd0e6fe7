import { setTimeout as sleep } from 'node:timers/promises';
import { type Diagnosis, joinDiagnoses } from '../../domain/findings.ts';
import { listMirroredFiles } from '../../domain/mirrored-files.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import { artifactsOf, standardOf } from '../../lib/config/doctor-standard.ts';
import { manifestOptions } from '../../lib/config/manifest-options.ts';
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
  summaryOf,
} from './report.ts';
import { restrictTo, selectCodes } from './select.ts';
import { waitUntilFine } from './wait.ts';

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
  const examine = async () => restrictTo(codes, await examineAll(files, options));
  const diagnosis = await waitUntilFine(examine, {
    seconds: options.wait,
    isFine: (found) => exitCodeOf(found, options.threshold) === exitCodes.fine,
    progress: (found, left) =>
      process.stderr.write(`${summaryOf(doctorReport(found))}; looking again, ${Math.ceil(left / 1_000)} s left\n`),
    now: () => Date.now(),
    sleep: (ms) => sleep(ms),
  });
  if (options.json) printJson(DoctorSchema, doctorReport(diagnosis));
  else printDiagnosis(diagnosis);
  return exitCodeOf(diagnosis, options.threshold);
}

/** Looks at everything once. What only the deployment needs is loaded only for it. */
async function examineAll(files: readonly string[], options: DoctorOptions): Promise<Diagnosis> {
  const settings = loadSettings({ config: options.config });
  const standard = standardOf(settings);
  const found = files.length === 0 ? undefined : examineFiles(files, options.parameter, standard);
  if (options.pre) return found?.diagnosis ?? joinDiagnoses([]);
  const { account } = await import('./account-reader.ts');
  const { examineDeployment } = await import('./examine-deployment.ts');
  const { catalogue, config, versions } = settings;
  const manifests = renderManifests(manifestOptions(config));
  const mirrored = config.artifacts === 'mirror' ? listMirroredFiles(catalogue, versions) : [];
  const wanted = { ...standard, manifests, artifacts: artifactsOf(settings), mirrored, settings };
  const deployed = await examineDeployment(account, options.kubeconfig, found, wanted, Date.now());
  return joinDiagnoses(found === undefined ? [deployed] : [found.diagnosis, deployed]);
}

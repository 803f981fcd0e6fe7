import { listExposures } from '../../domain/exposure.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { UsageError } from '../output/errors.ts';
import type { ExitCode } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { connectFleet } from '../status/connect.ts';
import { readFleet } from '../status/read-fleet.ts';
import { fleetNodes } from './fleet-nodes.ts';
import { AdvisoriesSchema, advisoriesReport, exitCodeOf, printAdvisories } from './report.ts';

/** What `airlock advisories` is asked for. */
export interface AdvisoriesOptions {
  readonly config?: string;
  readonly json: boolean;
}

/**
 * `airlock advisories`: how each pool stands to each advisory of the catalogue.
 *
 * @param id only this advisory
 * @throws UsageError if the catalogue has no such advisory
 */
export async function advisories(id: string | undefined, options: AdvisoriesOptions): Promise<ExitCode> {
  const settings = loadSettings({ config: options.config });
  const known = listExposures([], settings.catalogue).map(({ advisory }) => advisory.id);
  if (id !== undefined && !known.includes(id)) {
    throw new UsageError(`the catalogue has no advisory ${JSON.stringify(id)}; accepted: ${known.join(', ')}`);
  }
  const reading = await readFleet(await connectFleet(settings.config));
  const exposures = listExposures(fleetNodes(reading, settings, Date.now()), settings.catalogue).filter(
    ({ advisory }) => id === undefined || advisory.id === id,
  );
  const at = new Date().toISOString();
  const report = advisoriesReport(exposures, settings, { at, notChecked: [...reading.notChecked] });
  if (options.json) printJson(AdvisoriesSchema, report);
  else printAdvisories(report);
  return exitCodeOf(exposures, settings.config, reading.notChecked);
}

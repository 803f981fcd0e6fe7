import { checkExposure, exposureCodes } from '../../domain/doctor/check-exposure.ts';
import { look } from '../../domain/doctor/look.ts';
import { listExposures } from '../../domain/exposure.ts';
import { type Diagnosis, joinDiagnoses, type NotChecked } from '../../domain/findings.ts';
import { asked } from '../../lambdas/doctor/asked.ts';
import type { DoctorReader } from '../../lambdas/doctor/ports.ts';
import { fleetRolloutOf } from '../../lib/config/rollout-settings.ts';
import type { Settings } from '../../lib/config/settings.ts';
import { fleetNodes } from '../advisories/fleet-nodes.ts';

/**
 * Looks at which nodes of the deployed stack an advisory of the catalogue affects.
 *
 * @param now milliseconds since the epoch
 */
export function examineExposure(
  reader: Pick<DoctorReader, 'fleet'>,
  settings: Pick<Settings, 'config' | 'catalogue'>,
  now: number,
): Promise<Diagnosis> {
  return look(exposureCodes, 'the ledger', async () => {
    const fleet = await asked(reader.fleet(settings.config.clusters.map(({ name }) => name)));
    if (fleet === undefined) return joinDiagnoses([]);
    const exposures = listExposures(fleetNodes(fleet, settings, now), settings.catalogue);
    const deadlines = fleetRolloutOf(settings.config, settings.catalogue)?.deadlines ?? [];
    const notChecked = fleet.notChecked.map((one): NotChecked => ({ ...one, codes: exposureCodes }));
    return joinDiagnoses([
      checkExposure(exposures, settings.config.withdrawAt, deadlines),
      { checked: [], findings: [], notChecked },
    ]);
  });
}

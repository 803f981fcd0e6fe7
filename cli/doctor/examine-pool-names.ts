import { checkPoolNames, listUnknownPools } from '../../domain/doctor/check-pool-names.ts';
import { look } from '../../domain/doctor/look.ts';
import type { Standard } from '../../domain/doctor/standard.ts';
import type { PoolTemplate } from '../../domain/doctor/templates/template.ts';
import { type Diagnosis, joinDiagnoses } from '../../domain/findings.ts';
import { asked } from '../../lambdas/doctor/asked.ts';
import type { DoctorReader } from '../../lambdas/doctor/ports.ts';

/**
 * Looks whether each pool that `airlock.yaml` has settings for exists: as a template, or as the pool of a launch.
 *
 * @param isBlind whether some pools could not be read
 */
export async function examinePoolNames(
  reader: Pick<DoctorReader, 'fleet'>,
  templates: readonly PoolTemplate[],
  { pools, clusters }: Standard,
  isBlind: boolean,
): Promise<Diagnosis> {
  const named = templates.map(({ name }) => name);
  const unread = isBlind ? 'some pools cannot be read' : unreadReason(named, clusters.length);
  if (listUnknownPools(pools, named).length === 0) return joinDiagnoses([]);
  return look(['AL0039'], 'the ledger', async () => {
    const fleet = await asked(reader.fleet(clusters.map(({ name }) => name)));
    const known = [...named, ...(fleet?.runs ?? []).map(({ pool }) => pool)];
    const unknown = listUnknownPools(pools, known);
    if (unknown.length === 0 || unread === undefined) return checkPoolNames(pools, known);
    const resource = `the pools ${unknown.map(({ name }) => name).join(', ')} in airlock.yaml`;
    return { checked: [], findings: [], notChecked: [{ codes: ['AL0039'], resource, reason: unread }] };
  });
}

/** Why there may be pools that were not looked at; undefined if there are none. */
function unreadReason(named: readonly (string | undefined)[], clusters: number): string | undefined {
  if (named.includes(undefined)) return 'the name of a pool cannot be read in its file';
  return clusters > 1 ? "Karpenter's pools cannot be read outside the cluster of the kubeconfig" : undefined;
}

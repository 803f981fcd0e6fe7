import { eksCodes } from '../../domain/doctor/check-eks-cluster.ts';
import { poolCodes } from '../../domain/doctor/check-pool.ts';
import { examinePools } from '../../domain/doctor/pools.ts';
import type { Standard } from '../../domain/doctor/standard.ts';
import { type Diagnosis, type FindingCode, joinDiagnoses } from '../../domain/findings.ts';
import { examineAgents, examineArtifacts, examineClusters, examineConcurrency } from './examine-account.ts';
import { readGroups } from './examine-groups.ts';
import { examineRoles, roleCodes } from './examine-roles.ts';
import type { FleetReader } from './ports.ts';

/** What is looked for in Auto Scaling groups and managed node groups only. */
export const groupCodes: readonly FindingCode[] = [...poolCodes, ...roleCodes];

/** Everything that the scheduled function looks for. `airlock doctor` looks for all of it, and more. */
export const scheduledCodes: readonly FindingCode[] = [
  ...groupCodes,
  ...eksCodes,
  ...(['AL0018', 'AL0024', 'AL0025', 'AL0035'] as const),
];

/**
 * Looks at what AWS knows of the pools, clusters and nodes. Karpenter's pools and what is in a cluster are left to the
 * command line: this code has no identity in a cluster.
 *
 * @param artifacts the addresses that nodes download from
 * @param now milliseconds since the epoch
 */
export async function examineFleet(
  reader: FleetReader,
  standard: Standard,
  artifacts: readonly string[],
  now: number,
): Promise<Diagnosis> {
  const [groups, ...others] = await Promise.all([
    readGroups(reader, standard),
    examineConcurrency(reader, standard),
    ...examineClusters(reader, standard),
    examineAgents(reader, standard, now),
    ...examineArtifacts(reader, artifacts),
  ]);
  const roles = await Promise.all(examineRoles(reader, groups.pools));
  return joinDiagnoses([groups.unread, examinePools(groups.pools, standard), ...roles, ...others]);
}

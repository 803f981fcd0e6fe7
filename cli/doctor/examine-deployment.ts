import { poolCodes } from '../../domain/doctor/check-pool.ts';
import { examinePools } from '../../domain/doctor/pools.ts';
import { type Diagnosis, joinDiagnoses } from '../../domain/findings.ts';
import type { MirroredFile } from '../../domain/mirrored-files.ts';
import {
  examineAgents,
  examineArtifacts,
  examineClusters,
  examineConcurrency,
  examineMirror,
  examineRoom,
} from '../../lambdas/doctor/examine-account.ts';
import { readGroups } from '../../lambdas/doctor/examine-groups.ts';
import { examineRoles, roleCodes } from '../../lambdas/doctor/examine-roles.ts';
import type { DoctorReader } from '../../lambdas/doctor/ports.ts';
import type { Settings } from '../../lib/config/settings.ts';
import { type ClusterStandard, examineCluster } from './examine-cluster.ts';
import { examineExposure } from './examine-exposure.ts';
import type { ExaminedFiles } from './examine-files.ts';
import { examinePoolNames } from './examine-pool-names.ts';

/** Where nodes get files: addresses of upstream, or files of the mirror. */
interface ArtifactStandard {
  readonly artifacts: readonly string[];
  readonly mirrored: readonly MirroredFile[];
  readonly settings: Pick<Settings, 'config' | 'catalogue'>;
}

/**
 * Looks at the cluster of a kubeconfig and at the account.
 *
 * @param files what files have, if any were named
 * @param now milliseconds since the epoch
 */
export async function examineDeployment(
  reader: DoctorReader,
  kubeconfig: string | undefined,
  files: ExaminedFiles | undefined,
  standard: ClusterStandard & ArtifactStandard,
  now: number,
): Promise<Diagnosis> {
  const [cluster, groups, ...others] = await Promise.all([
    examineCluster(kubeconfig, files?.karpenter ?? [], standard),
    readGroups(reader, standard),
    examineConcurrency(reader, standard),
    ...examineRoom(reader),
    ...examineClusters(reader, standard),
    examineAgents(reader, standard, now),
    ...examineArtifacts(reader, standard.artifacts),
    ...examineMirror(reader, standard.mirrored),
    examineExposure(reader, standard.settings, now),
  ]);
  const live = [...cluster.pools, ...groups.pools];
  const all = [...live, ...(files?.pools ?? [])];
  const roles = await Promise.all(examineRoles(reader, all));
  const isBlind = [cluster.diagnosis, groups.unread].some(({ notChecked }) =>
    notChecked.some(({ codes }) => codes.includes('AL0001')),
  );
  const pools = all.length === 0 && !isBlind ? noPool : examinePools(live, standard);
  const names = await examinePoolNames(reader, all, standard, isBlind);
  return joinDiagnoses([cluster.diagnosis, groups.unread, pools, names, ...roles, ...others]);
}

/** A deployment without a pool is not fine: nothing was looked at. */
const noPool: Diagnosis = {
  checked: [],
  findings: [],
  notChecked: [
    {
      codes: [...poolCodes, ...roleCodes],
      resource: 'pools',
      reason:
        'no NodePool, managed node group or Auto Scaling group of the clusters has a mark of Airlock; accepted: the files of your pools as arguments',
    },
  ],
};

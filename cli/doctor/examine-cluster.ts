import { checkDaemonSets } from '../../domain/doctor/check-daemon-sets.ts';
import { checkDrift } from '../../domain/doctor/check-drift.ts';
import { checkHosts } from '../../domain/doctor/check-host.ts';
import {
  type AppliedObject,
  appliedKinds,
  checkManifests,
  manifestCodes,
} from '../../domain/doctor/check-manifests.ts';
import { poolCodes } from '../../domain/doctor/check-pool.ts';
import { checkRuntimeClasses, runtimeClassCodes } from '../../domain/doctor/check-runtime-classes.ts';
import { leaveOpen, look } from '../../domain/doctor/look.ts';
import { karpenterPools } from '../../domain/doctor/pools.ts';
import type { Standard } from '../../domain/doctor/standard.ts';
import type { FoundObject } from '../../domain/doctor/templates/karpenter.ts';
import { isAirlockPool, type PoolTemplate } from '../../domain/doctor/templates/template.ts';
import { type Diagnosis, type FindingCode, joinDiagnoses } from '../../domain/findings.ts';
import { poolLabel } from '../../domain/kubernetes.ts';
import { roleCodes } from '../../lambdas/doctor/examine-roles.ts';
import { KubernetesReader } from '../kubernetes-reader.ts';

/** Everything that a look at a cluster can find, besides what is in its pools. */
const clusterCodes: readonly FindingCode[] = [...runtimeClassCodes, ...manifestCodes, 'AL0016', 'AL0020', 'AL0023'];

/** What a cluster is held against. */
export interface ClusterStandard extends Standard {
  /** The objects that Airlock applies to it. */
  readonly manifests: readonly AppliedObject[];
}

/** What a cluster has. */
export interface ExaminedCluster {
  readonly diagnosis: Diagnosis;
  /** Karpenter's pools that are Airlock's. */
  readonly pools: readonly PoolTemplate[];
}

/**
 * Looks at a cluster: what Airlock applied, DaemonSets, the hosts of running nodes, and Karpenter's pools.
 *
 * @param kubeconfig another kubeconfig than kubectl would take
 * @param files Karpenter's objects in files, which could make nodes drift
 */
export async function examineCluster(
  kubeconfig: string | undefined,
  files: readonly FoundObject[],
  standard: ClusterStandard,
): Promise<ExaminedCluster> {
  let reader: KubernetesReader;
  try {
    reader = new KubernetesReader(kubeconfig);
  } catch (error) {
    return {
      diagnosis: leaveOpen([...new Set([...poolCodes, ...roleCodes, ...clusterCodes])], 'the cluster', error),
      pools: [],
    };
  }
  const { context } = reader;
  const list = async (path: string, query?: Readonly<Record<string, string>>) => (await reader.list(path, query)) ?? [];
  const found = async (path: string): Promise<readonly FoundObject[]> =>
    (await list(path)).map((object) => ({ object, source: context }));
  let pools: readonly PoolTemplate[] = [];
  const manifests = Object.entries(appliedKinds).map(([kind, path]) =>
    look(manifestCodes, `${kind}s in ${context}`, async () =>
      checkManifests(kind, await list(path), context, standard.manifests),
    ),
  );
  const diagnoses = await Promise.all([
    ...manifests,
    look(runtimeClassCodes, `RuntimeClasses in ${context}`, async () =>
      checkRuntimeClasses(await found(appliedKinds['RuntimeClass'] ?? ''), standard.gate),
    ),
    look(['AL0016'], `DaemonSets in ${context}`, async () =>
      checkDaemonSets(await list('/apis/apps/v1/daemonsets'), context, standard),
    ),
    look(['AL0023'], `Nodes in ${context}`, async () =>
      checkHosts(await list('/api/v1/nodes', { labelSelector: poolLabel }), context, standard),
    ),
    look([...poolCodes, ...roleCodes, 'AL0020'], `Karpenter's pools in ${context}`, async () => {
      const nodePools = await found('/apis/karpenter.sh/v1/nodepools');
      const classes = nodePools.length === 0 ? [] : await found('/apis/karpenter.k8s.aws/v1/ec2nodeclasses');
      pools = karpenterPools(nodePools, classes, standard).filter((pool) => isAirlockPool(pool, standard.gate));
      return checkDrift(files, [...nodePools, ...classes]);
    }),
  ]);
  return { diagnosis: joinDiagnoses(diagnoses), pools };
}

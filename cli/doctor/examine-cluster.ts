import { type Diagnosis, type FindingCode, joinDiagnoses } from '../../domain/findings.ts';
import { KubernetesReader } from '../kubernetes-reader.ts';
import { CouldNotLook } from '../output/errors.ts';
import { appliedKinds, checkDaemonSets, checkManifests, manifestCodes } from './check-cluster.ts';
import { poolCodes, type Standard } from './check-pool.ts';
import { checkRuntimeClasses, runtimeClassCodes } from './check-runtime-classes.ts';
import { examinePools, karpenterPools } from './examine-files.ts';
import type { FoundObject } from './templates/karpenter.ts';

/** Everything that a look at a cluster can find. */
const clusterCodes: readonly FindingCode[] = [...runtimeClassCodes, ...manifestCodes, 'AL0016'];

/**
 * Looks at a cluster: what Airlock applied, DaemonSets, and Karpenter's pools.
 *
 * @param kubeconfig another kubeconfig than kubectl would take
 * @param hasFiles whether pools are looked at in files too: without them a cluster without a pool is not fine
 */
export async function examineCluster(
  kubeconfig: string | undefined,
  hasFiles: boolean,
  standard: Standard,
): Promise<Diagnosis> {
  let reader: KubernetesReader;
  try {
    reader = new KubernetesReader(kubeconfig);
  } catch (error) {
    return blind([...poolCodes, ...clusterCodes], 'the cluster', error);
  }
  const { context } = reader;
  const found = async (path: string): Promise<readonly FoundObject[]> =>
    ((await reader.list(path)) ?? []).map((object) => ({ object, source: context }));
  const manifests = Object.entries(appliedKinds).map(([kind, path]) =>
    look(manifestCodes, `${kind}s in ${context}`, async () =>
      checkManifests(kind, (await reader.list(path)) ?? [], context, standard),
    ),
  );
  return joinDiagnoses(
    await Promise.all([
      ...manifests,
      look(runtimeClassCodes, `RuntimeClasses in ${context}`, async () =>
        checkRuntimeClasses(await found(appliedKinds['RuntimeClass'] ?? ''), standard.config.gate),
      ),
      look(['AL0016'], `DaemonSets in ${context}`, async () =>
        checkDaemonSets((await reader.list('/apis/apps/v1/daemonsets')) ?? [], context, standard),
      ),
      look(poolCodes, `Karpenter's pools in ${context}`, async () => {
        const pools = await found('/apis/karpenter.sh/v1/nodepools');
        const classes = pools.length === 0 ? [] : await found('/apis/karpenter.k8s.aws/v1/ec2nodeclasses');
        const diagnosis = examinePools(karpenterPools(pools, classes, standard), standard);
        if (diagnosis.checked.length > 0 || hasFiles) return diagnosis;
        throw new CouldNotLook('no NodePool has a mark of Airlock; accepted: the files of your pools as arguments');
      }),
    ]),
  );
}

/** Makes one check. A failed check leaves its codes open. An error that is not an answer from outside is thrown. */
export async function look(
  codes: readonly FindingCode[],
  resource: string,
  examine: () => Promise<Diagnosis>,
): Promise<Diagnosis> {
  try {
    return await examine();
  } catch (error) {
    return blind(codes, resource, error);
  }
}

function blind(codes: readonly FindingCode[], resource: string, error: unknown): Diagnosis {
  if (!(error instanceof CouldNotLook)) throw error;
  return { checked: [], findings: [], notChecked: [{ codes, resource, reason: error.message }] };
}

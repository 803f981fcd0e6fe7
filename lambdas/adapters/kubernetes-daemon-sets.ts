import type { PromiseAppsV1Api } from '@kubernetes/client-node/dist/gen/types/PromiseAPI.js';
import type { DaemonSet } from '../../domain/kubernetes.ts';
import { failureOf } from './kubernetes-errors.ts';

/** More DaemonSets than any cluster has; what is beyond them is not looked at. */
const most = 500;

/** The DaemonSets of every namespace. */
export async function listDaemonSets(api: PromiseAppsV1Api): Promise<readonly DaemonSet[]> {
  const { items } = await api
    .listDaemonSetForAllNamespaces(undefined, undefined, undefined, undefined, most)
    .catch((error: unknown) => {
      throw failureOf(error);
    });
  return items.map(({ metadata, spec }) => ({
    name: `${metadata?.namespace}/${metadata?.name}`,
    nodeSelector: spec?.template.spec?.nodeSelector ?? {},
    tolerations: spec?.template.spec?.tolerations ?? [],
  }));
}

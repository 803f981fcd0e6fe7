import type { V1DaemonSet } from '@kubernetes/client-node';
import type { DaemonSet } from '../../domain/kubernetes.ts';
import type { KubernetesRequests } from './kubernetes-requests.ts';

/** More DaemonSets than any cluster has; further ones are ignored. */
const most = 500;

/** Reads the DaemonSets of every namespace. */
export async function listDaemonSets(requests: KubernetesRequests): Promise<readonly DaemonSet[]> {
  const answer = await requests.ask({ path: '/apis/apps/v1/daemonsets', query: { limit: String(most) } });
  const { items = [] } = answer as { readonly items?: readonly V1DaemonSet[] };
  return items.map(({ metadata, spec }) => ({
    name: `${metadata?.namespace}/${metadata?.name}`,
    nodeSelector: spec?.template.spec?.nodeSelector ?? {},
    tolerations: spec?.template.spec?.tolerations ?? [],
  }));
}

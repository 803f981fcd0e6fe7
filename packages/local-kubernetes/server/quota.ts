import type { StoredObject } from '../object.ts';
import { resourceOfKind } from './resources.ts';
import { forbidden } from './status.ts';
import type { Store } from './store.ts';

/**
 * The admission plugin ResourceQuota, for a namespace's number of pods; only pods that have not ended count.
 * https://kubernetes.io/docs/concepts/policy/resource-quotas/
 *
 * @throws ApiError 403 with the API server's message
 */
export function countPod(store: Store, namespace: string, pod: StoredObject): void {
  const [quotas, pods] = [resourceOfKind('v1', 'ResourceQuota'), resourceOfKind('v1', 'Pod')];
  if (quotas === undefined || pods === undefined) return;
  for (const { metadata, spec } of store.list(quotas, namespace, () => true).items) {
    const limited = spec?.hard?.['pods'];
    if (limited === undefined) continue;
    const counts = ({ status }: StoredObject) => !['Succeeded', 'Failed'].includes(status?.phase ?? '');
    const used = store.list(pods, namespace, counts).items.length;
    if (used < Number(limited)) continue;
    const why = `exceeded quota: ${metadata.name}, requested: pods=1, used: pods=${used}, limited: pods=${limited}`;
    throw forbidden('pods', '', pod.metadata.name, why);
  }
}

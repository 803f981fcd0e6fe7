import type { V1Node } from '@kubernetes/client-node';
import { claimText } from '../../domain/claim-text.ts';
import { type ClusterNode, readinessCondition } from '../../domain/kubernetes.ts';

/** Converts a Node from the API's JSON, in which times are strings. */
export function toClusterNode({ metadata, spec, status }: V1Node): ClusterNode {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const place = status?.conditions?.findIndex(({ type }) => type === readinessCondition) ?? -1;
  const published = status?.conditions?.[place];
  const handlers = status?.runtimeHandlers?.map(({ name, features }) => ({
    name: claimText(name ?? '', 100),
    userNamespaces: features?.userNamespaces ?? false,
  }));
  const { bootID = '', kernelVersion = '' } = status?.nodeInfo ?? {};
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    resourceVersion: metadata?.resourceVersion ?? '',
    createdAt: new Date(metadata?.creationTimestamp ?? 0).getTime(),
    providerId: claimText(spec?.providerID ?? '', 200),
    ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
    ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
    ...(spec?.taints === undefined ? {} : { taints: spec.taints }),
    ...(ready === undefined
      ? {}
      : {
          ready: {
            status: ready.status,
            reason: claimText(ready.reason ?? '', 100),
            message: claimText(ready.message ?? '', 500),
            since: claimText(String(ready.lastTransitionTime ?? ''), 40),
          },
        }),
    ...(published === undefined
      ? {}
      : { published: { place, status: published.status, reason: claimText(published.reason ?? '', 100) } }),
    ...(bootID === '' ? {} : { boot: { kernel: claimText(kernelVersion, 100), id: claimText(bootID, 100) } }),
    ...(handlers === undefined ? {} : { handlers }),
  };
}

import type { ClusterNode, DaemonSet } from './kubernetes.ts';
import { isTolerated } from './tolerations.ts';

/** The DaemonSets that a taint keeps off the Node; one of them may be what makes the node Ready. */
export function blockedDaemonSets(
  daemonSets: readonly DaemonSet[],
  { labels = {} }: Pick<ClusterNode, 'labels'>,
  taintKey: string,
): string[] {
  const wanted = ({ nodeSelector }: DaemonSet) =>
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  return daemonSets.filter((one) => wanted(one) && !isTolerated(taintKey, one.tolerations)).map(({ name }) => name);
}

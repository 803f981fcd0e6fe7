import type { ClusterNode, DaemonSet } from '../../domain/kubernetes.ts';
import { isTolerated } from '../../domain/tolerations.ts';
import { FinalOutcome } from './errors.ts';
import type { Ports } from './ports.ts';

/** How many DaemonSets a detail names: people read it. */
const most = 5;

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

/**
 * Adds the DaemonSets that the gate blocks to the error of a node that was never Ready. Any other error stays as it is,
 * and so does this one if the DaemonSets cannot be read.
 */
export async function withDaemons(error: unknown, node: ClusterNode | undefined, ports: Ports): Promise<unknown> {
  if (!(error instanceof FinalOutcome) || error.name !== 'node-never-ready' || node === undefined) return error;
  const names = await ports.api
    .listDaemonSets()
    .then((all) => blockedDaemonSets(all, node, ports.gateKey))
    .catch((reason: unknown) => {
      ports.warn('the DaemonSets could not be read', reason);
      return [];
    });
  if (names.length === 0) return error;
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  const list = `${names.slice(0, most).join(', ')}${more}`;
  return new FinalOutcome(error.name, `${error.message}; DaemonSets that do not tolerate the gate: ${list}`);
}

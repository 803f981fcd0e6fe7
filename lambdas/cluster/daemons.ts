import type { ClusterNode, DaemonSet } from '../../domain/kubernetes.ts';
import { FinalOutcome } from './errors.ts';
import type { Ports } from './ports.ts';

/** How many are named: a detail is read by people. */
const most = 5;

/** The DaemonSets that would have a pod on the Node, were it not for a taint; one of them may be what makes a node Ready. */
export function blockedDaemonSets(
  daemonSets: readonly DaemonSet[],
  { labels = {} }: ClusterNode,
  taintKey: string,
): string[] {
  const wanted = ({ nodeSelector }: DaemonSet) =>
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value);
  const tolerates = ({ tolerations }: DaemonSet) =>
    tolerations.some(
      ({ key = '', operator = 'Equal', effect = '' }) =>
        (key === taintKey || (key === '' && operator === 'Exists')) && (effect === '' || effect === 'NoSchedule'),
    );
  return daemonSets.filter((one) => wanted(one) && !tolerates(one)).map(({ name }) => name);
}

/**
 * Names the DaemonSets that the gate keeps out in the error of a node that was never Ready. Every other error stays as it is, and so does
 * that one if they cannot be seen.
 */
export async function withDaemons(error: unknown, node: ClusterNode | undefined, ports: Ports): Promise<unknown> {
  if (!(error instanceof FinalOutcome) || error.name !== 'node-never-ready' || node === undefined) return error;
  const names = await ports.api
    .listDaemonSets()
    .then((all) => blockedDaemonSets(all, node, ports.gateKey))
    .catch((reason: unknown) => {
      ports.warn('the DaemonSets were not read', reason);
      return [];
    });
  if (names.length === 0) return error;
  const more = names.length > most ? ` and ${names.length - most} more` : '';
  const list = `${names.slice(0, most).join(', ')}${more}`;
  return new FinalOutcome(error.name, `${error.message}; DaemonSets that do not tolerate the gate: ${list}`);
}

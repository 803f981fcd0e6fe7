import { blockedDaemonSets } from '../../domain/daemon-sets.ts';
import type { ClusterNode } from '../../domain/kubernetes.ts';
import { FinalOutcome } from './errors.ts';
import type { Ports } from './ports.ts';

/** How many DaemonSets a detail names: people read it. */
const most = 5;

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

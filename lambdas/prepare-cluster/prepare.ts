import { managed } from '../../kubernetes/manifests.ts';
import { Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { apply } from './apply.ts';
import { findStale } from './decide.ts';
import { NotPrepared } from './messages.ts';
import type { Ports } from './ports.ts';
import { remove } from './remove.ts';
import { spreadMs, withRetry } from './retry.ts';

/** How long to try to remove what a failed creation applied, in milliseconds. */
const undoMs = 30_000;

/**
 * Prepares a cluster. CloudFormation does not delete what it could not create, so a failure removes what it applied.
 *
 * @returns one line about what was done
 */
export async function create(wanted: readonly Addressed[], ports: Ports): Promise<string> {
  const absent = await findMissing(wanted, ports);
  try {
    await apply(wanted, ports);
  } catch (error) {
    await remove(absent, ports.time.now() + undoMs, ports).catch((second: unknown) => {
      ports.report(`not everything could be removed again: ${String(second)}`);
    });
    throw error;
  }
  return summary(`${wanted.length} objects applied`, []);
}

/**
 * Finds the objects that do not exist yet. This is checked first, because a lost answer does not show whether an object
 * was created.
 */
async function findMissing(wanted: readonly Addressed[], ports: Ports): Promise<readonly Addressed[]> {
  const until = ports.time.now() + spreadMs;
  const absent: Addressed[] = [];
  for (const object of wanted) {
    const live = await withRetry(object, until, ports, () => ports.api.read(object));
    if (live === undefined) absent.push(object);
  }
  return absent;
}

/**
 * Brings a cluster to this version, whatever another version left there: an update and a rollback work the same. What
 * the other version applied in addition is found in the cluster.
 */
export async function update(wanted: readonly Addressed[], ports: Ports): Promise<string> {
  await apply(wanted, ports);
  const leftovers = await findLeftovers(wanted, ports);
  const kept = await remove(leftovers, ports.time.now() + spreadMs, ports, { bounded: true });
  return summary(`${wanted.length} objects applied, ${leftovers.length - kept.length} removed`, kept);
}

/**
 * Removes from a cluster what this version applies and what another one left. Nothing is left in a cluster that is
 * gone.
 */
export async function clear(wanted: readonly Addressed[], ports: Ports): Promise<string> {
  try {
    const all = [...wanted, ...(await findLeftovers(wanted, ports))];
    const kept = await remove(all, ports.time.now() + spreadMs, ports);
    return summary(`${all.length - kept.length} objects removed`, kept);
  } catch (error) {
    if (!(error instanceof NotPrepared && error.cause instanceof Unreachable && error.cause.nameUnknown)) throw error;
    ports.report(`cluster ${ports.cluster}: its host name no longer exists, so there is nothing to remove`);
    return 'the cluster is gone';
  }
}

async function findLeftovers(wanted: readonly Addressed[], ports: Ports): Promise<readonly Addressed[]> {
  const [first] = wanted;
  if (first === undefined) return [];
  const [[key, value] = []] = Object.entries(managed);
  const until = ports.time.now() + spreadMs;
  return findStale(await withRetry(first, until, ports, () => ports.api.listLabelled(`${key}=${value}`)), wanted);
}

/** CloudFormation limits the whole answer to 4,096 bytes. */
const summaryLength = 1_000;

function summary(done: string, kept: readonly string[]): string {
  return [done, ...kept.map((one) => `kept ${one}`)].join('; ').slice(0, summaryLength);
}

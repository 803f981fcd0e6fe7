import { managed } from '../../kubernetes/manifests.ts';
import { Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { apply } from './apply.ts';
import { stale } from './decide.ts';
import { NotPrepared } from './messages.ts';
import type { Ports } from './ports.ts';
import { remove } from './remove.ts';
import { spreadMs, withRetry } from './retry.ts';

/** How long what a failed creation made is tried to be removed. */
const undoMs = 30_000;

/**
 * Makes a cluster ready. CloudFormation does not ask for the deletion of what it could not create, so a failure removes itself what it made.
 *
 * @returns one line on what was done
 */
export async function create(wanted: readonly Addressed[], ports: Ports): Promise<string> {
  const absent = await missing(wanted, ports);
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

/** What is not there yet. An answer that was lost says nothing of whether the object was made, so this is asked before. */
async function missing(wanted: readonly Addressed[], ports: Ports): Promise<readonly Addressed[]> {
  const until = ports.time.now() + spreadMs;
  const absent: Addressed[] = [];
  for (const object of wanted) {
    const live = await withRetry(object, until, ports, () => ports.api.read(object));
    if (live === undefined) absent.push(object);
  }
  return absent;
}

/**
 * Brings a cluster to what this version wants, from whatever another one left there: an update and a rollback are the same. What the other
 * applied beside it is found in the cluster itself.
 */
export async function update(wanted: readonly Addressed[], ports: Ports): Promise<string> {
  await apply(wanted, ports);
  const gone = await leftovers(wanted, ports);
  const kept = await remove(gone, ports.time.now() + spreadMs, ports, { bounded: true });
  return summary(`${wanted.length} objects applied, ${gone.length - kept.length} removed`, kept);
}

/** Takes out of a cluster what this version applies and what another one left. A cluster that is gone has nothing left. */
export async function clear(wanted: readonly Addressed[], ports: Ports): Promise<string> {
  try {
    const all = [...wanted, ...(await leftovers(wanted, ports))];
    const kept = await remove(all, ports.time.now() + spreadMs, ports);
    return summary(`${all.length - kept.length} objects removed`, kept);
  } catch (error) {
    if (!(error instanceof NotPrepared && error.cause instanceof Unreachable && error.cause.nameUnknown)) throw error;
    ports.report(`cluster ${ports.cluster}: no one knows its address any more, so there is nothing to remove`);
    return 'the cluster is gone';
  }
}

async function leftovers(wanted: readonly Addressed[], ports: Ports): Promise<readonly Addressed[]> {
  const [first] = wanted;
  if (first === undefined) return [];
  const [[key, value] = []] = Object.entries(managed);
  const until = ports.time.now() + spreadMs;
  return stale(await withRetry(first, until, ports, () => ports.api.labelled(`${key}=${value}`)), wanted);
}

/** CloudFormation takes 4,096 bytes of answer in all. */
const summaryLength = 1_000;

function summary(done: string, kept: readonly string[]): string {
  return [done, ...kept.map((one) => `kept ${one}`)].join('; ').slice(0, summaryLength);
}

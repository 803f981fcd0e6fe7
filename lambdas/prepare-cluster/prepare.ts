import { Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { apply } from './apply.ts';
import { pruned } from './decide.ts';
import { NotPrepared } from './messages.ts';
import { patiently, spreadMs } from './patience.ts';
import type { Ports } from './ports.ts';
import { remove } from './remove.ts';

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
    await remove(absent.toReversed(), ports.time.now() + undoMs, ports).catch((second: unknown) => {
      ports.tell(`not everything could be removed again: ${String(second)}`);
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
    const live = await patiently(object, until, ports, () => ports.api.read(object));
    if (live === undefined) absent.push(object);
  }
  return absent;
}

/** Brings a cluster from what it was prepared with to what is wanted now; a rollback is the same with both changed over. */
export async function update(
  wanted: readonly Addressed[],
  before: readonly Addressed[],
  ports: Ports,
): Promise<string> {
  await apply(wanted, ports);
  const gone = pruned(before, wanted);
  const kept = await remove(gone, ports.time.now() + spreadMs, ports);
  return summary(`${wanted.length} objects applied, ${gone.length - kept.length} removed`, kept);
}

/** Takes out of a cluster what it was prepared with, in reverse. A cluster that is gone has nothing left. */
export async function clear(before: readonly Addressed[], ports: Ports): Promise<string> {
  try {
    const kept = await remove(before.toReversed(), ports.time.now() + spreadMs, ports);
    return summary(`${before.length - kept.length} objects removed`, kept);
  } catch (error) {
    if (!(error instanceof NotPrepared && error.cause instanceof Unreachable && error.cause.nameUnknown)) throw error;
    ports.tell(`cluster ${ports.cluster}: nobody knows its address any more, so there is nothing to remove`);
    return 'the cluster is gone';
  }
}

/** CloudFormation takes 4,096 bytes of answer in all. */
const summaryLength = 1_000;

function summary(done: string, kept: readonly string[]): string {
  return [done, ...kept.map((one) => `kept ${one}`)].join('; ').slice(0, summaryLength);
}

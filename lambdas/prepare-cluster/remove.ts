import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { isOwn, reasonToKeep } from './decide.ts';
import { patiently } from './patience.ts';
import { nameOf, type Ports } from './ports.ts';

/** How long a namespace may take to be empty before nobody waits for it any more. */
const emptyMs = 60_000;
const lookMs = 2_000;

/**
 * Removes objects in the order given. A RuntimeClass stays while pods use it or somebody else owns a part of it; what is Airlock's of it
 * goes all the same.
 *
 * @param until when to give up on an API that does not answer, in milliseconds since the epoch
 * @returns what was kept, each with the reason
 * @throws NotPrepared
 */
export async function remove(objects: readonly Addressed[], until: number, ports: Ports): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const object of objects) {
    const reason = await patiently(object, until, ports, () => removeOne(object, ports));
    if (reason !== undefined) kept.push(`${nameOf(object)}: ${reason}`);
    ports.tell(`${nameOf(object)} ${reason === undefined ? 'removed' : `kept: ${reason}`}`);
  }
  return kept;
}

async function removeOne(object: Addressed, ports: Ports): Promise<string | undefined> {
  const { api } = ports;
  const live = await api.read(object);
  if (live === undefined) return undefined;
  const pods = isOwn(object) ? [] : await api.podsWith(object.metadata.name);
  const reason = reasonToKeep(object, live, pods);
  if (reason === undefined) {
    await api.remove(object);
    if (object.kind === 'Namespace') await empty(object, ports);
  } else if (pods.length === 0) {
    const { apiVersion, kind, metadata } = object;
    await api.apply({ apiVersion, kind, metadata: { name: metadata.name } });
  }
  return reason;
}

/** Waits until a namespace is gone: into one that ends nothing new can be made. */
async function empty(namespace: Addressed, { api, time, tell }: Ports): Promise<void> {
  const until = time.now() + emptyMs;
  while ((await api.read(namespace)) !== undefined) {
    if (time.now() + lookMs > until) {
      tell(`${nameOf(namespace)} is still being emptied`);
      return;
    }
    await time.sleep(lookMs);
  }
}

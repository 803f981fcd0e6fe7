import { gatekeepers } from '../../domain/kubernetes.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { apply } from './apply.ts';
import { bounds, inRemovalOrder, isOwn, isRendered, reasonToKeep } from './decide.ts';
import { stillBound } from './messages.ts';
import { nameOf, type Ports } from './ports.ts';
import { withRetry } from './retry.ts';

/** How long a namespace may take to be empty before no one waits for it any more. */
const emptyMs = 60_000;
const pollIntervalMs = 2_000;

/**
 * Removes objects, rights before what bounds them. A policy stays while anything in the cluster gives rights to our group, unless others
 * were seen to bound those. A RuntimeClass stays while pods use it or someone else owns a part of it; what is Airlock's of it goes all the same.
 *
 * @param until when to give up on an API that does not answer, in milliseconds since the epoch
 * @param bounded whether policies that stay were seen in force
 * @returns what was kept, each with the reason
 * @throws NotPrepared
 */
export async function remove(
  objects: readonly Addressed[],
  until: number,
  ports: Ports,
  { bounded = false } = {},
): Promise<readonly string[]> {
  const kept: string[] = [];
  let unbound = false;
  for (const object of inRemovalOrder(objects)) {
    let reason: string | undefined;
    if (bounds(object) && !bounded && !unbound) reason = await whyBound(object, until, ports);
    unbound ||= bounds(object) && !bounded && reason === undefined;
    reason ??= await withRetry(object, until, ports, () => removeOne(object, ports));
    if (reason !== undefined) kept.push(`${nameOf(object)}: ${reason}`);
    ports.report(`${nameOf(object)} ${reason === undefined ? 'removed' : `kept: ${reason}`}`);
  }
  if (unbound) await seeNothingBound(objects, until, ports);
  return kept;
}

/** What still gives rights to our group; undefined if nothing does. */
async function whyBound(object: Addressed, until: number, ports: Ports): Promise<string | undefined> {
  const [first] = await withRetry(object, until, ports, () => ports.api.boundTo(gatekeepers));
  return first && `the ${nameOf(first)} gives rights to ${gatekeepers}`;
}

/** Another call may have given rights again while policies were removed: then they come back, and the removal has failed. */
async function seeNothingBound(objects: readonly Addressed[], until: number, ports: Ports): Promise<void> {
  const policies = objects.filter((object) => bounds(object) && isRendered(object));
  const [first] = policies;
  const why = first && (await whyBound(first, until, ports));
  if (why === undefined) return;
  await apply(policies, ports);
  throw stillBound(ports.cluster, why);
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
async function empty(namespace: Addressed, { api, time, report: tell }: Ports): Promise<void> {
  const until = time.now() + emptyMs;
  while ((await api.read(namespace)) !== undefined) {
    if (time.now() + pollIntervalMs > until) {
      tell(`${nameOf(namespace)} is still being emptied`);
      return;
    }
    await time.sleep(pollIntervalMs);
  }
}

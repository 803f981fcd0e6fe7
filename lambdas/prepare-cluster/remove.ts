import { gatekeepers } from '../../domain/kubernetes.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { apply } from './apply.ts';
import { inRemovalOrder, isOwn, isPolicy, isRendered, reasonToKeep } from './decide.ts';
import { bindingLeft } from './messages.ts';
import { nameOf, type Ports } from './ports.ts';
import { withRetry } from './retry.ts';

/** How long to wait until a namespace is empty, in milliseconds. */
const emptyMs = 60_000;
const pollIntervalMs = 2_000;

/**
 * Removes objects, permissions before what restricts them. A policy stays while any binding grants permissions to
 * Airlock's group, unless other policies in effect restrict those. A RuntimeClass stays while pods use it or another
 * manager owns fields of it. Airlock's own fields are removed from it.
 *
 * @param until when to give up on an API that does not answer, in milliseconds since the epoch
 * @param bounded whether the policies that stay are in effect
 * @returns the objects that were kept, each with the reason
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
    if (isPolicy(object) && !bounded && !unbound) reason = await whyBound(object, until, ports);
    unbound ||= isPolicy(object) && !bounded && reason === undefined;
    reason ??= await withRetry(object, until, ports, () => removeOne(object, ports));
    if (reason !== undefined) kept.push(`${nameOf(object)}: ${reason}`);
    ports.report(`${nameOf(object)} ${reason === undefined ? 'removed' : `kept: ${reason}`}`);
  }
  if (unbound) await checkNothingBound(objects, until, ports);
  return kept;
}

/** The binding that still grants permissions to Airlock's group; undefined if there is none. */
async function whyBound(object: Addressed, until: number, ports: Ports): Promise<string | undefined> {
  const [first] = await withRetry(object, until, ports, () => ports.api.listBindings(gatekeepers));
  return first && `the ${nameOf(first)} grants permissions to ${gatekeepers}`;
}

/**
 * Another call may have granted permissions while the policies were removed. Then the policies are restored, and the
 * removal fails.
 */
async function checkNothingBound(objects: readonly Addressed[], until: number, ports: Ports): Promise<void> {
  const policies = objects.filter((object) => isPolicy(object) && isRendered(object));
  const [first] = policies;
  const why = first && (await whyBound(first, until, ports));
  if (why === undefined) return;
  await apply(policies, ports);
  throw bindingLeft(ports.cluster, why);
}

async function removeOne(object: Addressed, ports: Ports): Promise<string | undefined> {
  const { api } = ports;
  const live = await api.read(object);
  if (live === undefined) return undefined;
  const pods = isOwn(object) ? [] : await api.listPodsWith(object.metadata.name);
  const reason = reasonToKeep(object, live, pods);
  if (reason === undefined) {
    await api.remove(object);
    if (object.kind === 'Namespace') await waitUntilGone(object, ports);
  } else if (pods.length === 0) {
    const { apiVersion, kind, metadata } = object;
    await api.apply({ apiVersion, kind, metadata: { name: metadata.name } });
  }
  return reason;
}

/** Waits until a namespace is gone, because nothing can be created in a terminating one. */
async function waitUntilGone(namespace: Addressed, { api, time, report }: Ports): Promise<void> {
  const until = time.now() + emptyMs;
  while ((await api.read(namespace)) !== undefined) {
    if (time.now() + pollIntervalMs > until) {
      report(`${nameOf(namespace)} is still terminating`);
      return;
    }
    await time.sleep(pollIntervalMs);
  }
}

import { DeniedByPolicy } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { binds, isOwn, isRendered } from './decide.ts';
import { notInForce, notRendered } from './messages.ts';
import { nameOf, type Ports } from './ports.ts';
import { spreadMs, withRetry } from './retry.ts';

/** A new policy takes the API server seconds; one that denies nothing by then will not. */
const inForceMs = 2 * 60_000;
const pollIntervalMs = 1_000;
/** Behind one address stands more than one API server, each of which learns of a policy by itself: so often in a row it has to deny. */
const denials = 3;

/**
 * Applies manifests in their order. What gives rights comes after a request that the policies must deny was seen denied. Before anything is
 * written, each object has to be one that Airlock renders.
 *
 * @throws NotPrepared
 */
export async function apply(manifests: readonly Addressed[], ports: Ports): Promise<void> {
  const until = ports.time.now() + spreadMs;
  const foreign = manifests.find((object) => !isRendered(object));
  if (foreign !== undefined) throw notRendered(ports.cluster, foreign);
  let bounded = false;
  for (const object of manifests) {
    if (binds(object) && !bounded) {
      await seePoliciesDeny(manifests, ports);
      bounded = true;
    }
    await withRetry(object, until, ports, () => ports.api.apply(object, { force: isOwn(object) }));
    ports.report(`${nameOf(object)} applied`);
  }
}

/**
 * Waits until the policies deny what only they can deny: this function has every right, and its dry runs are held to the policies. The
 * API server takes policies up in the order in which they were written, so that the last one speaks for all.
 */
async function seePoliciesDeny(manifests: readonly Addressed[], { cluster, api, time }: Ports): Promise<void> {
  const policy = manifests.findLast(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  const [probe] = manifests;
  if (policy === undefined || probe === undefined) return;
  const { name } = policy.metadata;
  const until = time.now() + inForceMs;
  for (let seen = 0; seen < denials; ) {
    const denied = await withRetry(probe, until, { cluster, api, time, report: () => {} }, async () => {
      try {
        await api.apply(probe, { force: true, dryRun: true });
        return false;
      } catch (error) {
        if (error instanceof DeniedByPolicy && error.policy === name) return true;
        throw error;
      }
    });
    seen = denied ? seen + 1 : 0;
    if (denied) continue;
    if (time.now() + pollIntervalMs > until) throw notInForce(cluster, name, inForceMs / 1_000);
    await time.sleep(pollIntervalMs);
  }
}

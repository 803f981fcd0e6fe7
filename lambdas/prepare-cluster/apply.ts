import { DeniedByPolicy } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { isBinding, isOwn, isRendered } from './decide.ts';
import { notRendered, policyIneffective } from './messages.ts';
import { nameOf, type Ports } from './ports.ts';
import { spreadMs, withRetry } from './retry.ts';

/** A new policy takes effect within seconds. One that denies nothing by then never will. */
const inForceMs = 2 * 60_000;
const pollIntervalMs = 1_000;
/** The required denials in a row: one address has several API servers, and each loads a policy separately. */
const denials = 3;

/**
 * Applies manifests in order. Bindings are applied only after a request that the policies must deny was denied. Before
 * any write, each object must be one that Airlock renders.
 *
 * @throws NotPrepared
 */
export async function apply(manifests: readonly Addressed[], ports: Ports): Promise<void> {
  const until = ports.time.now() + spreadMs;
  const foreign = manifests.find((object) => !isRendered(object));
  if (foreign !== undefined) throw notRendered(ports.cluster, foreign);
  let bounded = false;
  for (const object of manifests) {
    if (isBinding(object) && !bounded) {
      await waitForPolicies(manifests, ports);
      bounded = true;
    }
    await withRetry(object, until, ports, () => ports.api.apply(object, { force: isOwn(object) }));
    ports.report(`${nameOf(object)} applied`);
  }
}

/**
 * Waits until the policies deny what only they can deny: this function has every permission, but its dry runs are
 * subject to the policies. The API server loads policies in the order in which they were written, so the last one is
 * enough to check.
 */
async function waitForPolicies(manifests: readonly Addressed[], { cluster, api, time }: Ports): Promise<void> {
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
    if (time.now() + pollIntervalMs > until) throw policyIneffective(cluster, name, inForceMs / 1_000);
    await time.sleep(pollIntervalMs);
  }
}

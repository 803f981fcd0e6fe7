import { breakerKey, isOpen, type Scope, scopeOf } from '../../domain/breaker.ts';
import { breakersOf } from '../adapters/breakers.ts';
import type { ManagedLaunch } from './decide-node.ts';

/**
 * Counts the open breakers of all pools and versions that have an instance: what its latest run asked for, and what its
 * launch would ask for today. A launch without a pool has a separate breaker, which holds no other back: it is not
 * read.
 *
 * @returns the number by cluster; a cluster without an open breaker is absent
 */
export async function countOpenBreakers(launches: Iterable<ManagedLaunch>): Promise<ReadonlyMap<string, number>> {
  const scopes = new Map<string, Scope>();
  for (const { admission, run } of launches) {
    if (admission.launch.pool === admission.launch.instanceId) continue;
    for (const request of [admission.request, run?.request ?? admission.request]) {
      const scope = scopeOf(admission.launch, request);
      scopes.set(breakerKey(scope).instanceId, scope);
    }
  }
  const breakers = await breakersOf([...scopes.values()]);
  const open = new Map<string, number>();
  for (const [key, { cluster }] of scopes) {
    if (isOpen(breakers.get(key))) open.set(cluster, (open.get(cluster) ?? 0) + 1);
  }
  return open;
}

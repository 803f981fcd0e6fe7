import { fieldManager } from '../../domain/kubernetes.ts';
import type { Addressed, Live, UsingPod } from '../adapters/kubernetes-objects.ts';

/**
 * Whether an object is Airlock's by its name. It then takes fields over that somebody changed; a RuntimeClass has a name that others use
 * too, and what is theirs is not overwritten.
 */
export function isOwn({ metadata: { name } }: Addressed): boolean {
  return name.startsWith('airlock-');
}

/** Whether an object gives rights to somebody: it is applied only once the policies that bound them were seen at work. */
export function binds({ kind }: Addressed): boolean {
  return kind.endsWith('RoleBinding');
}

/** What the manifests had before and have no longer, the last one first. */
export function pruned(before: readonly Addressed[], wanted: readonly Addressed[]): readonly Addressed[] {
  const same = (one: Addressed, other: Addressed) =>
    one.kind === other.kind &&
    one.metadata.name === other.metadata.name &&
    one.metadata.namespace === other.metadata.namespace;
  return before.filter((one) => !wanted.some((other) => same(one, other))).toReversed();
}

/** Why an object is not deleted, or undefined where it can be. */
export function reasonToKeep(object: Addressed, live: Live, pods: readonly UsingPod[]): string | undefined {
  if (isOwn(object)) return undefined;
  const [first] = pods;
  if (first !== undefined) {
    const many = pods.length === 1 ? 'a pod uses' : `${pods.length} pods use`;
    return `${many} it, for instance ${first.namespace}/${first.name}`;
  }
  const others = live.managers.filter((manager) => manager !== fieldManager);
  return others.length === 0 ? undefined : `it belongs to ${[...new Set(others)].join(' and ')} too`;
}

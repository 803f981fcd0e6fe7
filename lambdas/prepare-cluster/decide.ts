import { isDeepStrictEqual } from 'node:util';
import { fieldManager } from '../../domain/kubernetes.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import type { Addressed, Listed, Live, UsingPod } from '../adapters/kubernetes-objects.ts';

/**
 * Whether an object is Airlock's by its name. It then takes fields over that someone changed; a RuntimeClass has a name that others use
 * too, and what is theirs is not overwritten.
 */
export function isOwn({ metadata: { name } }: Addressed): boolean {
  return name.startsWith('airlock-');
}

/** Whether an object gives rights to someone: it is applied only once the policies that bound them were seen at work. */
export function binds({ kind }: Addressed): boolean {
  return kind.endsWith('RoleBinding');
}

/** Whether an object is a policy, or puts one into force. */
export function bounds({ kind }: Addressed): boolean {
  return kind.startsWith('ValidatingAdmissionPolicy');
}

/** The order of a removal: rights first, then what bounds them, and last the namespace that others stand in. */
const removal = [
  'RoleBinding',
  'ClusterRoleBinding',
  'Role',
  'ClusterRole',
  'RuntimeClass',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicy',
  'ResourceQuota',
  'Namespace',
];

/** The same objects in the order in which they are removed, each once. */
export function inRemovalOrder(objects: readonly Addressed[]): readonly Addressed[] {
  return objects
    .filter((one, at) => objects.findIndex((other) => isSame(one, other)) === at)
    .toSorted((one, other) => removal.indexOf(one.kind) - removal.indexOf(other.kind));
}

/**
 * What an earlier or a later version of Airlock applied and this one does not want: it carries our label, a name that we give, and fields
 * that we own.
 */
export function stale(labelled: readonly Listed[], wanted: readonly Addressed[]): readonly Addressed[] {
  return labelled.filter(
    (one) =>
      one.managers.includes(fieldManager) &&
      (isOwn(one) || one.kind === 'RuntimeClass') &&
      !wanted.some((other) => isSame(one, other)),
  );
}

function isSame(one: Addressed, other: Addressed): boolean {
  return (
    one.kind === other.kind &&
    one.metadata.name === other.metadata.name &&
    one.metadata.namespace === other.metadata.namespace
  );
}

/** Everything that Airlock renders, for all runtimes and both kinds of gate. */
const rendered = [undefined, 'readiness.k8s.io/airlock'].flatMap((gate) =>
  renderManifests({ runtimes, ...(gate === undefined ? {} : { gate }) }),
) as readonly Addressed[];

/**
 * Whether an object is one that Airlock renders: of that kind and name, and if it gives rights, with exactly those rules, subjects and
 * that role. Whatever reaches this function as an object, nothing else gets into a cluster by it.
 */
export function isRendered(object: Addressed): boolean {
  const gives = /Role(Binding)?$/.test(object.kind);
  return rendered.some((one) => (gives ? isDeepStrictEqual(one, object) : isSame(one, object)));
}

/** Why an object is not deleted, or undefined if it can be. */
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

import { isDeepStrictEqual } from 'node:util';
import { fieldManager } from '../../domain/kubernetes.ts';
import { runtimes } from '../../domain/runtimes.ts';
import { renderManifests } from '../../kubernetes/manifests.ts';
import type { Addressed, Listed, LiveState, UsingPod } from '../adapters/kubernetes-objects.ts';

/**
 * Whether an object is Airlock's by its name. Airlock then takes over fields that others changed. A RuntimeClass has a
 * name that others use too, so their fields are not overwritten.
 */
export function isOwn({ metadata: { name } }: Addressed): boolean {
  return name.startsWith('airlock-');
}

/** Whether an object grants permissions: it is applied only after the policies that restrict them take effect. */
export function isBinding({ kind }: Addressed): boolean {
  return kind.endsWith('RoleBinding');
}

/** Whether an object is a policy or a policy's binding. */
export function isPolicy({ kind }: Addressed): boolean {
  return kind.startsWith('ValidatingAdmissionPolicy');
}

/** The order of removal: first permissions, then what restricts them, and last the namespace. */
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

/** Sorts objects in the order of their removal, without duplicates. */
export function inRemovalOrder(objects: readonly Addressed[]): readonly Addressed[] {
  return objects
    .filter((one, at) => objects.findIndex((other) => isSame(one, other)) === at)
    .toSorted((one, other) => removal.indexOf(one.kind) - removal.indexOf(other.kind));
}

/**
 * Finds objects that another version of Airlock applied and this one does not need: with Airlock's label, one of its
 * names, and fields that it owns.
 */
export function findStale(labelled: readonly Listed[], wanted: readonly Addressed[]): readonly Addressed[] {
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

/** Every object that Airlock renders, for all runtimes and both kinds of gate. */
const rendered = [undefined, 'readiness.k8s.io/airlock'].flatMap((gate) =>
  renderManifests({ runtimes, sandboxedNamespaces: 'enforce', ...(gate === undefined ? {} : { gate }) }),
) as readonly Addressed[];

/**
 * Whether Airlock renders an object: with this kind and name, and if it grants permissions, with exactly these rules,
 * subjects and role. So nothing else can be applied to a cluster, whatever this function is given.
 */
export function isRendered(object: Addressed): boolean {
  const gives = /Role(Binding)?$/.test(object.kind);
  return rendered.some((one) => (gives ? isDeepStrictEqual(one, object) : isSame(one, object)));
}

/** Why an object is kept, or undefined if it can be deleted. */
export function reasonToKeep(object: Addressed, live: LiveState, pods: readonly UsingPod[]): string | undefined {
  if (isOwn(object)) return undefined;
  const [first] = pods;
  if (first !== undefined) {
    const many = pods.length === 1 ? 'a pod uses' : `${pods.length} pods use`;
    return `${many} it, for instance ${first.namespace}/${first.name}`;
  }
  const others = live.managers.filter((manager) => manager !== fieldManager);
  return others.length === 0 ? undefined : `${[...new Set(others)].join(' and ')} also owns fields of it`;
}

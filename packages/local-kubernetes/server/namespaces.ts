import type { Clock } from '../../local-aws/clock.ts';
import type { StoredObject } from '../object.ts';
import { type Resource, resources } from './resources.ts';
import { forbidden } from './status.ts';
import { type NewObject, type Store, timestamp } from './store.ts';

/** How long the namespace controller takes to empty a namespace, in milliseconds. */
const emptyMs = 5_000;

/** Namespaces that cannot be deleted, by the admission plugin NamespaceLifecycle. */
const immortal = ['default', 'kube-system', 'kube-public'];

const spaces = resources.find((one) => one.kind === 'Namespace');

/**
 * The same plugin: nothing can be created in a namespace that does not exist or that is being terminated.
 *
 * @throws ApiError 404 or 403
 */
export function admitInto(store: Store, resource: Resource, namespace: string, { metadata }: NewObject): void {
  if (namespace === '' || spaces === undefined) return;
  const { deletionTimestamp } = store.get(spaces, '', namespace).metadata;
  if (deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(resource.name, resource.group, metadata.name, why);
}

/** Deletes an object. A namespace ends once its controller has emptied it. */
export function endObject(store: Store, resource: Resource, object: StoredObject, now: number): StoredObject {
  const { name, namespace = '', deletionTimestamp } = object.metadata;
  if (resource.kind !== 'Namespace') return store.remove(resource, namespace, name);
  if (immortal.includes(name)) throw forbidden('namespaces', '', name, 'this namespace may not be deleted');
  if (deletionTimestamp !== undefined) return object;
  const metadata = { ...object.metadata, deletionTimestamp: timestamp(now) };
  return store.replace(resource, object, { ...object, metadata, status: { ...object.status, phase: 'Terminating' } });
}

/** The namespace controller: deletes a terminating namespace's content, and then the namespace. */
export function endNamespaces(store: Store, clock: Clock): void {
  store.watch((resource, { metadata }, gone) => {
    if (gone || resource.kind !== 'Namespace' || metadata.deletionTimestamp === undefined) return;
    clock.after(emptyMs, () => {
      for (const inner of resources.filter(({ namespaced }) => namespaced)) {
        for (const { metadata: one } of store.list(inner, metadata.name, () => true).items) {
          store.remove(inner, metadata.name, one.name);
        }
      }
      store.remove(resource, '', metadata.name);
    });
  });
}

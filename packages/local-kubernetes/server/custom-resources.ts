import { type Resource, resourceOfKind } from './resources.ts';
import type { Store } from './store.ts';

/**
 * Whether the cluster has a resource: one of the API's own, or one whose definition is there. The schemas of
 * definitions are not modelled.
 */
export function isDefined(store: Store, { definition }: Resource): boolean {
  const definitions = resourceOfKind('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
  return (
    definition === undefined || (definitions !== undefined && store.find(definitions, '', definition) !== undefined)
  );
}

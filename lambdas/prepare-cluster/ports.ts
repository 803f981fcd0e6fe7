import type { Addressed, KubernetesObjects } from '../adapters/kubernetes-objects.ts';
import type { Time } from '../adapters/time.ts';

/** What the preparation needs of the world. */
export interface Ports {
  readonly cluster: string;
  readonly api: Omit<KubernetesObjects, 'close'>;
  readonly time: Pick<Time, 'now' | 'sleep'>;
  /** EventDetails of each object that was made, changed, removed or kept. */
  report(what: string): void;
}

/** How messages call an object: `ClusterRole airlock-gatekeeper`. */
export function nameOf({ kind, metadata: { name, namespace } }: Addressed): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

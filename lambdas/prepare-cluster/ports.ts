import type { Addressed, KubernetesObjects } from '../adapters/kubernetes-objects.ts';
import type { Time } from '../adapters/time.ts';

/** The dependencies of the preparation. */
export interface Ports {
  readonly cluster: string;
  readonly api: Omit<KubernetesObjects, 'close'>;
  readonly time: Pick<Time, 'now' | 'sleep'>;
  /** Reports each object that was applied, removed or kept. */
  report(what: string): void;
}

/** Names an object in messages: `ClusterRole airlock-gatekeeper`. */
export function nameOf({ kind, metadata: { name, namespace } }: Addressed): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

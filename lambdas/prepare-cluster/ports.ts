import type { Addressed, KubernetesObjects } from '../adapters/kubernetes-objects.ts';

/** Time as the preparation sees it. */
export interface Time {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** What the preparation needs of the world. */
export interface Ports {
  readonly cluster: string;
  readonly api: Omit<KubernetesObjects, 'close'>;
  readonly time: Time;
  /** Told of each object that was made, changed, removed or kept. */
  tell(what: string): void;
}

/** How messages call an object: `ClusterRole airlock-gatekeeper`. */
export function nameOf({ kind, metadata: { name, namespace } }: Addressed): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

import { type ClusterNode, poolLabel, provenLabel } from '../../domain/kubernetes.ts';
import type { ProofPod } from '../../domain/proof-pod.ts';
import type { Kubernetes } from '../adapters/kubernetes.ts';
import type { Time } from '../adapters/time.ts';
import { WatchedCollection } from './watched-collection.ts';

/** What a view reads. */
export type ViewApi = Pick<Kubernetes, 'listAllNodes' | 'watchNodes' | 'listPods' | 'watchPods'>;

/** The Nodes in managed pools without a proof label: a large pool is not listed for the few Nodes that wait. */
const waitingNodes = `${poolLabel},!${provenLabel}`;
/** The Nodes in managed pools with a proof label. */
const releasedNodes = `${poolLabel},${provenLabel}`;

/** The keys to wait for changes of a Node or a proof pod. */
export const keyOf = {
  node: (name: string) => `node ${name}`,
  provider: (providerId: string) => `provider ${providerId}`,
  pod: (name: string) => `pod ${name}`,
};

/**
 * What one call sees of the cluster: the waiting Nodes and the proof pods. Each collection is listed once and then
 * watched, for all nodes of the batch. The view is some milliseconds behind the API server, so each write is
 * conditional on what it depends on.
 */
export class ClusterView {
  readonly #api: ViewApi;
  readonly #time: Time;
  readonly #nodes: WatchedCollection<ClusterNode>;
  readonly #pods: WatchedCollection<ProofPod>;
  /** The number of the last change, by key. */
  readonly #changes = new Map<string, number>();
  readonly #waiting = new Map<string, Set<() => void>>();
  #count = 0;
  #released: Promise<readonly ClusterNode[]> | undefined;

  constructor(api: ViewApi, time: Time) {
    this.#api = api;
    this.#time = time;
    this.#nodes = new WatchedCollection(
      {
        list: () => api.listAllNodes(waitingNodes),
        watch: (from, on, signal) => api.watchNodes(waitingNodes, from, on, signal),
      },
      time,
      (node) => this.#notify(node && [keyOf.node(node.name), keyOf.provider(node.providerId)]),
    );
    this.#pods = new WatchedCollection(
      { list: () => api.listPods(), watch: (from, on, signal) => api.watchPods(from, on, signal) },
      time,
      (pod) => this.#notify(pod && [keyOf.pod(pod.name)]),
    );
  }

  /** Returns a waiting Node by its name; undefined if there is none. */
  async node(name: string): Promise<ClusterNode | undefined> {
    return (await this.#nodes.current()).get(name);
  }

  /** Returns the waiting Nodes with a providerID. */
  async withProviderId(providerId: string): Promise<readonly ClusterNode[]> {
    return [...(await this.#nodes.current()).values()].filter((node) => node.providerId === providerId);
  }

  /** Returns the Nodes with a proof label and a providerID, as they were at the first request in this call. */
  async releasedWithProviderId(providerId: string): Promise<readonly ClusterNode[]> {
    this.#released ??= this.#api.listAllNodes(releasedNodes).then(({ items }) => items);
    try {
      return (await this.#released).filter((node) => node.providerId === providerId);
    } catch (error) {
      this.#released = undefined;
      throw error;
    }
  }

  /** Returns a proof pod by its name; undefined if there is none. */
  async pod(name: string): Promise<ProofPod | undefined> {
    return (await this.#pods.current()).get(name);
  }

  /** Adds a created pod until the watch shows it. */
  addPod(pod: ProofPod): void {
    this.#pods.add(pod);
  }

  /** The number of changes so far, for {@link changed}. */
  get count(): number {
    return this.#count;
  }

  /**
   * Waits for a change of one of these keys.
   *
   * @param since the number of changes at the last poll
   * @param ms the maximum wait, in milliseconds
   */
  async changed(keys: readonly string[], since: number, ms: number): Promise<void> {
    if (keys.some((key) => (this.#changes.get(key) ?? 0) > since)) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        for (const key of keys) this.#waiting.get(key)?.delete(wake);
        resolve();
      };
      for (const key of keys) this.#waiting.set(key, (this.#waiting.get(key) ?? new Set()).add(wake));
      void this.#time.sleep(ms).then(wake);
    });
  }

  /** Ends the watches. */
  close(): void {
    this.#nodes.close();
    this.#pods.close();
  }

  /** @param changed undefined for every key that has a waiter */
  #notify(changed: readonly string[] | undefined): void {
    this.#count++;
    for (const key of changed ?? [...this.#waiting.keys()]) {
      this.#changes.set(key, this.#count);
      for (const wake of [...(this.#waiting.get(key) ?? [])]) wake();
    }
  }
}

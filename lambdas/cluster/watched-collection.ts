import type { Follower } from '../adapters/kubernetes.ts';
import { Expired, Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Time } from '../adapters/time.ts';

/** How to list and watch a collection. */
export interface Source<T> {
  list(): Promise<{ readonly items: readonly T[]; readonly version: string }>;
  watch(from: string, on: Follower<T>, signal: AbortSignal): Promise<string>;
}

/**
 * How long a failure counts for every node of the batch, in milliseconds: a collection is listed at most twice per
 * second.
 */
const failedMs = 500;
/** A watch that ends sooner than this, in milliseconds, counts as failed. */
const shortestMs = 1_000;

/** A collection in a cluster: it is listed at the first request, and a watch keeps it current from then on. */
export class WatchedCollection<T extends { readonly name: string }> {
  readonly #source: Source<T>;
  readonly #time: Time;
  readonly #changed: (item: T | undefined) => void;
  readonly #closed = new AbortController();
  #items = new Map<string, T>();
  #listed: Promise<void> | undefined;

  /** @param changed called for each item that changed, and with undefined if every item may have changed */
  constructor(source: Source<T>, time: Time, changed: (item: T | undefined) => void) {
    this.#source = source;
    this.#time = time;
    this.#changed = changed;
  }

  /** Returns the current items by name. Throws one of the classes in `kubernetes-errors.ts`. */
  async current(): Promise<ReadonlyMap<string, T>> {
    this.#listed ??= this.#list();
    await this.#listed;
    return this.#items;
  }

  /** Adds the item from a write's answer until the watch shows it. */
  add(item: T): void {
    if (!this.#items.has(item.name)) this.#items.set(item.name, item);
  }

  /** Ends the watch. */
  close(): void {
    this.#closed.abort();
  }

  async #list(): Promise<void> {
    try {
      const { items, version } = await this.#source.list();
      this.#items = new Map(items.map((item) => [item.name, item]));
      void this.#follow(version);
    } catch (error) {
      this.#retryLater();
      throw error;
    }
  }

  async #follow(version: string): Promise<void> {
    const { signal } = this.#closed;
    let from = version;
    for (;;) {
      const began = this.#time.now();
      const early = () => this.#time.now() - began < shortestMs;
      try {
        from = await this.#source.watch(from, (item, gone) => this.#apply(item, gone), signal);
        if (!signal.aborted && early()) throw new Unreachable('the watch ended as soon as it began', 0);
      } catch (error) {
        if (!(error instanceof Expired)) this.#lost(error);
        // A new list has a version that is not too old.
        else this.#lost(early() ? new Unreachable(error.message, 0) : undefined);
        return;
      }
      if (signal.aborted) return;
    }
  }

  #apply(item: T, gone: boolean): void {
    if (gone) this.#items.delete(item.name);
    else this.#items.set(item.name, item);
    this.#changed(item);
  }

  /** Drops everything known. The next request lists the collection again, or throws what went wrong. */
  #lost(error: unknown): void {
    this.#listed = undefined;
    if (error !== undefined) {
      this.#listed = Promise.reject(error);
      this.#listed.catch(() => undefined);
      this.#retryLater();
    }
    this.#changed(undefined);
  }

  #retryLater(): void {
    void this.#time.sleep(failedMs).then(() => {
      this.#listed = undefined;
    });
  }
}

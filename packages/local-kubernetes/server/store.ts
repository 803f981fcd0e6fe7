import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../local-aws/clock.ts';
import type { Metadata, StoredObject } from '../object.ts';
import type { Resource } from './resources.ts';
import { ApiError, alreadyExists, conflict, notFound } from './status.ts';

/** An object as a client sends it: the server completes its metadata. */
export type NewObject = Omit<StoredObject, 'metadata'> & { readonly metadata: Partial<Metadata> };

/** One page of a list. */
export interface Page {
  readonly items: readonly StoredObject[];
  readonly resourceVersion: string;
  /** The start of the next page, for the query's `continue`; absent on the last page. */
  readonly next?: string;
}

/** Receives each object that is created or changed, and with `gone` each that is removed. */
export type Listener = (resource: Resource, object: StoredObject, gone: boolean) => void;

/** One write: the object after it, and the object before it. */
export interface Change {
  readonly resource: Resource;
  /** For a removed object, its last state under the version of the removal. */
  readonly object: StoredObject;
  readonly before: StoredObject | undefined;
  readonly gone: boolean;
}

/**
 * How long etcd keeps old versions, in milliseconds: every 5 minutes the API server compacts what is older than 5
 * minutes.
 */
const historyMs = 5 * 60_000;
/** How many old versions are dropped together. */
const forgottenAtOnce = 1_000;
/** The version in a continuation that shows the objects' current state. */
const latest = -1;

/** The cluster's objects, with one version counter for all of them, as in etcd. */
export class Store {
  readonly #objects = new Map<string, Map<string, StoredObject>>();
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  readonly #followers = new Set<(change: Change) => void>();
  /** What each version wrote, from the newest that is older than {@link historyMs} on. */
  readonly #history: { readonly version: number; readonly at: number; readonly change: Change }[] = [];
  readonly #heard = new Map<string, Map<string, StoredObject>>();
  readonly #propagationDelayMs: number;
  #version = 1;

  /** @param propagationDelayMs how long a change takes to reach the server's own plugins */
  constructor(clock: Clock, propagationDelayMs = 0) {
    this.#clock = clock;
    this.#propagationDelayMs = propagationDelayMs;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now();
  }

  /** The objects of a resource as the server's own plugins know them, some time behind. */
  known(resource: Resource): readonly StoredObject[] {
    return [...(this.#heard.get(tableOf(resource)) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  }

  /** Watches every object. Returns a function that stops it. */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The latest version. */
  get version(): number {
    return this.#version;
  }

  /**
   * Calls the follower for every write after a version, past and future. Returns a function that stops it.
   *
   * @throws ApiError 410 if the version is compacted
   */
  follow(version: number, follower: (change: Change) => void): () => void {
    const compacted = this.#compacted();
    if (version < compacted) {
      throw new ApiError(410, 'Expired', `too old resource version: ${version} (${compacted})`);
    }
    for (const entry of this.#history) if (entry.version > version) follower(entry.change);
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Stores a new object under a uid and a version. Throws 409 if the name is taken. */
  create(resource: Resource, namespace: string, object: NewObject): StoredObject {
    const { generateName, ...given } = object.metadata as Partial<Metadata> & { readonly generateName?: string };
    const name = given.name ?? (generateName === undefined ? '' : `${generateName}${randomUUID().slice(0, 5)}`);
    if (name === '')
      throw new ApiError(422, 'Invalid', 'metadata.name: Required value: name or generateName is required');
    const table = this.#table(resource);
    const key = keyOf(namespace, name);
    if (table.has(key)) throw alreadyExists(resource.name, resource.group, name);
    const stored: StoredObject = {
      ...object,
      metadata: {
        ...given,
        name,
        ...(namespace === '' ? {} : { namespace }),
        uid: randomUUID(),
        resourceVersion: this.#nextVersion(),
        creationTimestamp: timestamp(this.#clock.now()),
      },
    };
    table.set(key, stored);
    this.#tell({ resource, object: stored, before: undefined, gone: false });
    return stored;
  }

  /** One object, or undefined. */
  find(resource: Resource, namespace: string, name: string): StoredObject | undefined {
    return this.#table(resource).get(keyOf(namespace, name));
  }

  /** Throws 404 if there is none. */
  get(resource: Resource, namespace: string, name: string): StoredObject {
    const object = this.find(resource, namespace, name);
    if (object === undefined) throw notFound(resource.name, resource.group, name);
    return object;
  }

  /** Throws 409 if a change is based on another version of the object. This check comes first. */
  check(resource: Resource, old: StoredObject, changed: StoredObject): void {
    const { name, resourceVersion } = old.metadata;
    if (changed.metadata.name !== name) {
      const message = `the name of the object (${changed.metadata.name}) does not match the name on the URL (${name})`;
      throw new ApiError(400, 'BadRequest', message);
    }
    if (changed.metadata.resourceVersion !== resourceVersion) {
      const why = 'the object has been modified; please apply your changes to the latest version and try again';
      throw conflict(resource.name, resource.group, name, why);
    }
  }

  /**
   * Stores a changed object under a new version; an unchanged one keeps its version, as in Kubernetes. Throws like
   * {@link check}.
   */
  replace(resource: Resource, old: StoredObject, changed: StoredObject): StoredObject {
    this.check(resource, old, changed);
    const { name, namespace = '', creationTimestamp } = old.metadata;
    if (isDeepStrictEqual(changed, old)) return old;
    const metadata = { ...changed.metadata, creationTimestamp, resourceVersion: this.#nextVersion() };
    const stored = { ...changed, metadata };
    this.#table(resource).set(keyOf(namespace, name), stored);
    this.#tell({ resource, object: stored, before: old, gone: false });
    return stored;
  }

  /** Throws 404 if there is none. */
  remove(resource: Resource, namespace: string, name: string): StoredObject {
    const before = this.get(resource, namespace, name);
    this.#table(resource).delete(keyOf(namespace, name));
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: this.#nextVersion() } };
    this.#tell({ resource, object, before, gone: true });
    return object;
  }

  /**
   * Lists by name, in pages. A later page shows the objects' state at that time, not at the time of the first page.
   *
   * @param namespace empty for all namespaces
   * @param limit 0 for no limit
   * @param from the previous page's `next`
   * @throws ApiError 410 with another continuation, if the first page's version is compacted
   */
  list(
    resource: Resource,
    namespace: string,
    matches: (object: StoredObject) => boolean,
    limit = 0,
    from: string | undefined = undefined,
  ): Page {
    const { after, version } = from === undefined ? { after: '', version: this.#version } : this.#resumed(from);
    const all = [...this.#table(resource)]
      .filter(([key, object]) => (namespace === '' || object.metadata.namespace === namespace) && key > after)
      .filter(([, object]) => matches(object))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = limit > 0 ? all.slice(0, limit) : all;
    const last = page.at(-1);
    return {
      items: page.map(([, object]) => object),
      resourceVersion: String(version),
      ...(last !== undefined && page.length < all.length ? { next: continuation(version, last[0]) } : {}),
    };
  }

  #resumed(from: string): { readonly after: string; readonly version: number } {
    const { rv, start } = readContinuation(from);
    if (rv === latest) return { after: start, version: this.#version };
    if (rv >= this.#compacted()) return { after: start, version: rv };
    throw new ApiError(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue ' +
        'parameter, or use the continue token in this response to retrieve the remainder of the results.',
      undefined,
      undefined,
      continuation(latest, start),
    );
  }

  /** The newest dropped version. */
  #compacted(): number {
    return this.#history.findLast(({ at }) => at <= this.#clock.now() - historyMs)?.version ?? 0;
  }

  #nextVersion(): string {
    return String(++this.#version);
  }

  #record(change: Change): void {
    const now = this.#clock.now();
    let old = 0;
    while ((this.#history[old + 1]?.at ?? now) <= now - historyMs) old++;
    // Removing them one by one would move all others each time.
    if (old >= forgottenAtOnce) this.#history.splice(0, old);
    this.#history.push({ version: this.#version, at: now, change });
    for (const follower of this.#followers) follower(change);
  }

  #tell(change: Change): void {
    this.#record(change);
    const { resource, object, gone } = change;
    if (this.#propagationDelayMs === 0) this.#hear(resource, object, gone);
    else this.#clock.after(this.#propagationDelayMs, () => this.#hear(resource, object, gone));
    for (const listener of this.#listeners) listener(resource, object, gone);
  }

  #hear(resource: Resource, object: StoredObject, gone: boolean): void {
    const table = this.#heard.get(tableOf(resource)) ?? new Map<string, StoredObject>();
    this.#heard.set(tableOf(resource), table);
    const { namespace = '', name } = object.metadata;
    if (gone) table.delete(keyOf(namespace, name));
    else table.set(keyOf(namespace, name), object);
  }

  #table(resource: Resource): Map<string, StoredObject> {
    const name = tableOf(resource);
    const table = this.#objects.get(name) ?? new Map<string, StoredObject>();
    this.#objects.set(name, table);
    return table;
  }
}

/** A time in the API's format: whole seconds. */
export function timestamp(now: number): string {
  return new Date(Math.floor(now / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

function tableOf({ group, name }: Resource): string {
  return `${group}/${name}`;
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function continuation(rv: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start })).toString('base64url');
}

/** Throws 400 for a token that no list of this server returned. */
function readContinuation(token: string): { readonly rv: number; readonly start: string } {
  try {
    const { rv, start }: { rv?: unknown; start?: unknown } = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof rv === 'number' && typeof start === 'string') return { rv, start };
  } catch {
    // Falls through to the error.
  }
  throw new ApiError(400, 'BadRequest', 'continue key is not valid: it is no token of a list');
}

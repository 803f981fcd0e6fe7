import type { Readable } from 'node:stream';
import { failureOf, failureOfAnswer, Unreachable } from './kubernetes-errors.ts';
import { type KubernetesRequests, parseJson } from './kubernetes-requests.ts';

/** A collection: its path, and the selector that limits it. */
export interface Collection {
  /** For instance `/api/v1/nodes`. */
  readonly path: string;
  readonly labelSelector?: string;
}

/** A whole collection, and the version to watch it from. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly version: string;
}

/** One change in a collection. */
export interface Changed {
  /** The object as it is now, or its last state if it is gone. */
  readonly object: unknown;
  readonly gone: boolean;
}

/** The page size, the same as kubectl's. */
const pageSize = 500;
/** The maximum number of pages: more objects than Kubernetes supports in a cluster. */
const mostPages = 40;
/** After this many seconds the API ends a watch. The function does not run that long. */
const watchSeconds = 60;
/** The maximum length of a line in a watch, in characters. etcd rejects objects above 1.5 MiB. */
const longestLine = 4_000_000;

/**
 * Reads a whole collection, in pages of one consistent state. Throws one of the classes in `kubernetes-errors.ts`.
 *
 * @param read picks what is needed from an object; the rest of a page is not kept
 */
export async function listAll<T>(
  requests: KubernetesRequests,
  { path, labelSelector }: Collection,
  read: (object: unknown) => T,
): Promise<Listed<T>> {
  const items: T[] = [];
  let version: string | undefined;
  let next = '';
  for (let page = 0; page < mostPages; page++) {
    const query = { limit: String(pageSize), continue: next === '' ? undefined : next, labelSelector };
    const list = (await requests.ask({ path, query })) as ListBody;
    items.push(...(list.items ?? []).map(read));
    version ??= list.metadata?.resourceVersion ?? '';
    next = list.metadata?.continue ?? '';
    if (next === '') return { items, version };
  }
  throw new Unreachable(`the list ${path} has more than ${mostPages} pages`, 0);
}

/**
 * Watches a collection from a version on, until the API or the signal ends the watch.
 *
 * @param on called for each change, in order
 * @returns the last version that was seen: the watch can continue from there
 * @throws Expired if the version is too old and the collection must be listed again; also any other class in
 *   `kubernetes-errors.ts`
 */
export async function watch(
  requests: KubernetesRequests,
  { path, labelSelector }: Collection,
  from: string,
  on: (change: Changed) => void,
  signal: AbortSignal,
): Promise<string> {
  const query = {
    watch: 'true',
    resourceVersion: from,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(watchSeconds),
    labelSelector,
  };
  const opening = new AbortController();
  const slow = requests.inTime();
  const tooSlow = () => opening.abort(slow.reason);
  slow.addEventListener('abort', tooSlow);
  const either = AbortSignal.any([opening.signal, signal]);
  const body = await requests.open({ path, query }, either);
  // From here on, silence means that nothing changes.
  slow.removeEventListener('abort', tooSlow);
  let version = from;
  try {
    for await (const line of linesOf(body)) {
      const { type, object } = parseJson(line) as EventBody;
      if (type === 'ERROR') throw errorIn(object);
      version = object?.metadata?.resourceVersion ?? version;
      if (type !== 'BOOKMARK') on({ object, gone: type === 'DELETED' });
    }
  } catch (error) {
    if (signal.aborted) return version;
    throw failureOf(error);
  }
  return version;
}

interface ListBody {
  readonly items?: readonly unknown[];
  readonly metadata?: { readonly continue?: string; readonly resourceVersion?: string };
}

interface EventBody {
  readonly type?: string;
  readonly object?: { readonly code?: number; readonly metadata?: { readonly resourceVersion?: string } };
}

/** Converts the Status in an ERROR event of a watch. */
function errorIn(status: EventBody['object']): Error {
  const code = status?.code ?? 500;
  return failureOfAnswer({ code, body: JSON.stringify(status ?? {}), headers: {} });
}

async function* linesOf(body: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of body.setEncoding('utf8')) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine) throw new Unreachable('an event of a watch does not end', 0);
    yield* lines.filter((line) => line !== '');
  }
}

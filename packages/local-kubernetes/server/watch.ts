import type { Clock } from '../../local-aws/clock.ts';
import type { StoredObject } from '../object.ts';
import { fieldSelector } from './field-selector.ts';
import type { Resource, Target } from './resources.ts';
import { labelSelector } from './selector.ts';
import { ApiError } from './status.ts';
import type { Change, Store } from './store.ts';

/** One line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
}

/** The receiver of a watch's lines. */
export interface Sink {
  send(event: WatchEvent): void;
  /** Called when the server ends the answer, as it does when a watch's time is over. */
  end(): void;
}

/** A granted watch: it writes until it is stopped. @returns a function that stops it */
export type Stream = (sink: Sink, clock: Clock) => () => void;

/**
 * How often a watch receives a bookmark, in milliseconds: about once a minute (`bookmarkFrequency` in the API server's
 * cacher).
 */
const bookmarkMs = 60_000;
/** How long a watch without a timeout lasts, in seconds: from `--min-request-timeout` up to twice that, at random. */
const usualSeconds = 2_700;

/** Compiles a query's selectors. Throws {@link ApiError} 400 if they are invalid. */
export function selected(resource: Resource, query: URLSearchParams): (object: StoredObject) => boolean {
  const matches = labelSelector(query.get('labelSelector') ?? '');
  const has = fieldSelector(resource.kind, query.get('fieldSelector') ?? '');
  return (object) => matches(object.metadata.labels ?? {}) && has(object);
}

/**
 * A watch by the API server's rules: from a version on or, without one (or with 0), beginning with the existing
 * objects. An object that begins to match the selectors is ADDED, and one that stops matching is DELETED, in its last
 * matching state. The answer to a compacted version is a 200 with an ERROR that contains a Status with 410.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 *
 * @throws ApiError 400 for an invalid version or selector
 */
export function streamOf(store: Store, { resource, namespace, name }: Target, query: URLSearchParams): Stream {
  const asked = query.get('resourceVersion') ?? '';
  if (!/^[0-9]*$/.test(asked)) {
    throw new ApiError(
      400,
      'BadRequest',
      `resourceVersion: Invalid value: "${asked}": strconv.ParseUint: invalid syntax`,
    );
  }
  const version = Number(asked || 0);
  const has = selected(resource, query);
  const matches = (object: StoredObject | undefined) =>
    object !== undefined &&
    (namespace === '' || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    has(object);
  const eventOf = ({ object, before, gone }: Change): WatchEvent | undefined => {
    const [was, is] = [matches(before), !gone && matches(object)];
    if (is) return { type: was ? 'MODIFIED' : 'ADDED', object };
    if (!was || before === undefined) return undefined;
    const { resourceVersion } = object.metadata;
    return { type: 'DELETED', object: { ...before, metadata: { ...before.metadata, resourceVersion } } };
  };
  return (sink, clock) => {
    const first = version === 0 ? store.list(resource, namespace, matches).items : [];
    for (const object of first) sink.send({ type: 'ADDED', object });
    const seconds = Number(query.get('timeoutSeconds') ?? usualSeconds);
    const bookmark = () => {
      if (query.get('allowWatchBookmarks') !== 'true') return;
      const metadata = { resourceVersion: String(store.version), creationTimestamp: null };
      const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
      sink.send({ type: 'BOOKMARK', object: { kind: resource.kind, apiVersion, metadata } });
    };
    let stop = () => {};
    const timers = [
      clock.after(seconds * 1_000, () => {
        bookmark();
        stop();
        sink.end();
      }),
    ];
    const remind = () => {
      bookmark();
      timers[1] = clock.after(bookmarkMs, remind);
    };
    timers[1] = clock.after(bookmarkMs, remind);
    let unfollow = () => {};
    stop = () => {
      unfollow();
      for (const timer of timers) timer.cancel();
    };
    try {
      unfollow = store.follow(version === 0 ? store.version : version, (change) => {
        const event = change.resource === resource ? eventOf(change) : undefined;
        if (event !== undefined) sink.send(event);
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      sink.send({ type: 'ERROR', object: error.status() });
      stop();
      sink.end();
    }
    return stop;
  };
}

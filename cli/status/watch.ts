import { setTimeout } from 'node:timers/promises';

/** What repeated looks need. */
export interface Watch<Seen> {
  /** How long to wait between two looks, in milliseconds. */
  readonly everyMs: number;
  /** Ends the looks, also in the middle of one. */
  readonly signal: AbortSignal;
  look(): Promise<Seen>;
  /** Shows what was seen last. The reason is there if the latest look failed. */
  show(seen: Seen, failure: string | undefined): void;
}

/** How the looks ended. */
export interface Watched<Seen> {
  readonly seen: Seen;
  /** Why the last look failed; absent if it did not. */
  readonly failure?: string;
}

/**
 * Looks again and again until the signal comes. A look that fails after the first is shown with what was seen before.
 *
 * @returns what was seen last; undefined if the signal came during the first look
 * @throws the error of the first look
 */
export async function watch<Seen>({ everyMs, signal, look, show }: Watch<Seen>): Promise<Watched<Seen> | undefined> {
  let last: Watched<Seen> | undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal.aborted) resolve('stopped');
    signal.addEventListener('abort', () => resolve('stopped'), { once: true });
  });
  while (!signal.aborted) {
    try {
      const seen = await Promise.race([look(), stopped]);
      if (seen === 'stopped') break;
      last = { seen };
    } catch (error) {
      if (last === undefined) throw error;
      last = { seen: last.seen, failure: (error as Error).message };
    }
    show(last.seen, last.failure);
    await setTimeout(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return last;
}

import { DeniedByPolicy, Forbidden, Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { failed } from './messages.ts';
import type { Ports } from './ports.ts';

/** A new access entry is not known at once, nor is a new role: until then the API answers 401 and 403. */
export const spreadMs = 4 * 60_000;

/** The pause after a failure, which doubles up to the longer one. */
const pausesMs = { first: 1_000, longest: 15_000 };

/**
 * Asks again while the answer may still change.
 *
 * @param until when to give up, in milliseconds since the epoch
 * @throws NotPrepared with what to do
 */
export async function patiently<T>(
  object: Addressed,
  until: number,
  { cluster, time }: Ports,
  ask: () => Promise<T>,
): Promise<T> {
  for (let pauseMs = pausesMs.first; ; pauseMs = Math.min(2 * pauseMs, pausesMs.longest)) {
    try {
      return await ask();
    } catch (error) {
      const passing =
        error instanceof Unreachable || (error instanceof Forbidden && !(error instanceof DeniedByPolicy));
      const wait = Math.max(pauseMs, error instanceof Unreachable ? error.retryAfterMs : 0);
      if (!passing || time.now() + wait > until) throw failed(cluster, object, error);
      await time.sleep(wait);
    }
  }
}

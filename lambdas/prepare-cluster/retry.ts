import { type BackOff, doubledPause } from '../../domain/back-off.ts';
import { DeniedByPolicy, Forbidden, Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Addressed } from '../adapters/kubernetes-objects.ts';
import { requestFailed } from './messages.ts';
import type { Ports } from './ports.ts';

/**
 * How long a new access entry or role may take to take effect, in milliseconds. Until then the API answers 401 and 403.
 */
export const spreadMs = 4 * 60_000;

/** The pauses after failures. */
const pauses: BackOff = { firstMs: 1_000, longestMs: 15_000 };

/**
 * Repeats a request while its answer may still change.
 *
 * @param until when to give up, in milliseconds since the epoch
 * @throws NotPrepared with what to do
 */
export async function withRetry<T>(
  object: Addressed,
  until: number,
  { cluster, time }: Ports,
  ask: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      const passing =
        error instanceof Unreachable || (error instanceof Forbidden && !(error instanceof DeniedByPolicy));
      const wait = Math.max(doubledPause(pauses, failures), error instanceof Unreachable ? error.retryAfterMs : 0);
      if (!passing || time.now() + wait > until) throw requestFailed(cluster, object, error);
      await time.sleep(wait);
    }
  }
}

import type { Node } from '../../domain/node.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import { Conflict, Forbidden, NotFound, QuotaExceeded, Rejected, Unreachable } from '../adapters/kubernetes-errors.ts';
import { Ended, NotYet } from './errors.ts';
import type { Waiting } from './guards.ts';

/** Time as the core sees it. */
export interface Time {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
}

/** One look: what it came to, or what it waits for. */
export type Look<T> = { readonly done: T } | Waiting;

/** How often the cluster is looked at inside one call. */
const pollMs = 2_000;
/** How long one call looks, in milliseconds. A handler appears some ten seconds after its installation. */
const callMs = 40_000;
/**
 * How long one call waits for a kubelet that has not come, in milliseconds: that takes minutes or for ever, and the nodes of a pool that never come would
 * hold a function each. The state machine asks again.
 */
const kubeletMs = 25_000;
/** By when the state machine has asked again at the latest: a deadline within it will not be met by another call. */
export const nextCallMs = 30_000;
const ofKubelet: readonly OutcomeCode[] = ['node-never-joined', 'node-never-ready'];
/** The longest pause after a failed request, if the API does not ask for a longer one. */
const pauseLimitMs = 15_000;
/** A writer that lost a race this often in a row gives way to the next call. */
const raceLimit = 10;

/**
 * Looks at the cluster until the work is done, for as long as one call may take.
 *
 * @param giveUpAt when there is no use in another call, in milliseconds since the epoch
 * @throws {@link NotYet} where another call is due, {@link Ended} where none is or the cluster forbids it
 */
export async function persist<T>(launch: Node, time: Time, giveUpAt: number, look: () => Promise<Look<T>>): Promise<T> {
  const began = time.now();
  let failures = 0;
  let races = 0;
  for (;;) {
    let waiting: Waiting;
    let pauseMs = pollMs;
    try {
      const seen = await look();
      if ('done' in seen) return seen.done;
      waiting = seen;
      failures = 0;
    } catch (error) {
      if (error instanceof Forbidden) throw new Ended('cluster-forbade', error.message);
      if (error instanceof Rejected) throw new Ended('write-rejected', error.message);
      if (error instanceof Unreachable) {
        waiting = { reason: 'cluster-unreachable', detail: error.message };
        const backOff = Math.min(pauseLimitMs, pollMs * 2 ** failures++) * (0.5 + time.random() / 2);
        pauseMs = Math.max(backOff, error.retryAfterMs);
      } else if (error instanceof Conflict) {
        waiting = { reason: 'deadline-passed', detail: `the Node changed while it was written: ${error.message}` };
        races++;
        pauseMs = 20 * 2 ** Math.min(races, 6) * time.random();
      } else if (error instanceof QuotaExceeded) {
        waiting = { reason: 'proof-pod-failed', detail: error.message };
      } else if (error instanceof NotFound) {
        waiting = { reason: 'node-never-joined', detail: `the Node went away: ${error.message}` };
      } else throw error;
    }
    const until = began + (ofKubelet.includes(waiting.reason) ? kubeletMs : callMs);
    if (time.now() + pauseMs > until || races >= raceLimit || time.now() >= giveUpAt) {
      if (time.now() + nextCallMs >= giveUpAt)
        throw new Ended(waiting.reason, `${waiting.detail} (${launch.nodeName})`);
      throw new NotYet(waiting.reason, waiting.detail);
    }
    await time.sleep(pauseMs);
  }
}

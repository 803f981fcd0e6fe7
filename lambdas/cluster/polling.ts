import { type BackOff, jitteredPause } from '../../domain/back-off.ts';
import type { Launch } from '../../domain/launch.ts';
import { Conflict, Forbidden, NotFound, QuotaExceeded, Rejected, Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Time } from '../adapters/time.ts';
import { FinalOutcome, RetryLater } from './errors.ts';
import type { Waiting } from './guards.ts';
import type { ClusterView } from './view.ts';

/** What a node waits for, and how long this call waits for it. */
export interface Pending extends Waiting {
  /** Until when it is likely to happen, in milliseconds since the epoch; absent if this call does not wait for it. */
  readonly likelyUntil?: number;
  /** After how many milliseconds to poll again, even if nothing changed. */
  readonly pollAgainMs?: number;
}

/** The result of one poll: the final value, or what to wait for. */
export type Poll<T> = { readonly done: T } | Pending;

/** One node in one call. */
export interface Turn {
  readonly launch: Launch;
  /** When no further call is useful, in milliseconds since the epoch. */
  readonly giveUpAt: number;
  /** The keys of the view whose changes wake it. */
  readonly keys: readonly string[];
}

/** The dependencies of {@link pollUntil}. */
export interface PollingContext {
  readonly time: Time;
  readonly view: Pick<ClusterView, 'count' | 'changed'>;
  /** When the call ends for nodes that still wait, in milliseconds since the epoch. */
  readonly endsAt: number;
}

/**
 * How long before a node's time is up its last call may begin, in milliseconds: the answer must arrive before the
 * state's time-out.
 */
export const lastCallMs = 30_000;
/** The pauses after failed requests, unless the API asks for a longer one. */
const failurePauses: BackOff = { firstMs: 500, longestMs: 4_000 };
/** The pauses after a conflict with another writer. */
const racePauses: BackOff = { firstMs: 20, longestMs: 1_280 };
/**
 * After this many failed requests in a row, a node waits for the next call: a cluster that does not answer must not
 * occupy a function.
 */
const failureLimit = 3;
/** After this many conflicts in a row, a node waits for the next call. */
const raceLimit = 10;

/**
 * Polls until the work is done, for as long as that is likely to happen in this call.
 *
 * @throws {@link RetryLater} if another call is due, {@link FinalOutcome} if none is or the cluster forbids it
 */
export async function pollUntil<T>(
  { launch, giveUpAt, keys }: Turn,
  { time, view, endsAt }: PollingContext,
  poll: () => Promise<Poll<T>>,
): Promise<T> {
  const failed = new Failures(time, endsAt);
  for (;;) {
    const since = view.count;
    let waiting: Pending;
    let pause = 0;
    try {
      const seen = await poll();
      if ('done' in seen) return seen.done;
      waiting = seen;
      failed.none();
    } catch (error) {
      ({ waiting, pause } = failed.because(error));
    }
    const now = time.now();
    const left = Math.min(waiting.likelyUntil ?? 0, endsAt) - now;
    if (left <= 0 || pause > left) {
      if (now + lastCallMs >= giveUpAt)
        throw new FinalOutcome(waiting.reason, `${waiting.detail} (${launch.nodeName})`);
      // It is likely to happen soon after this call ends, so the next call follows at once.
      const likely = pause === 0 && (waiting.likelyUntil ?? 0) > Math.max(now, endsAt);
      throw new RetryLater(waiting.reason, waiting.detail, likely ? 0 : Math.max(1, pause));
    }
    if (pause > 0) await time.sleep(pause);
    else await view.changed(keys, since, Math.min(left, waiting.pollAgainMs ?? left));
  }
}

/** Counts the failed requests for one node in one call and decides what follows. */
class Failures {
  readonly #time: Time;
  readonly #endsAt: number;
  #unreachable = 0;
  #races = 0;

  constructor(time: Time, endsAt: number) {
    this.#time = time;
    this.#endsAt = endsAt;
  }

  none(): void {
    this.#unreachable = 0;
  }

  /**
   * What to wait for, and after how many milliseconds to poll again. Throws {@link FinalOutcome} after a final answer.
   */
  because(error: unknown): { readonly waiting: Pending; readonly pause: number } {
    if (error instanceof Forbidden) throw new FinalOutcome('cluster-forbidden', error.message);
    if (error instanceof Rejected) throw new FinalOutcome('write-rejected', error.message);
    if (error instanceof Unreachable) {
      const backOff = jitteredPause(failurePauses, this.#unreachable++, this.#time.random());
      const waiting = { reason: 'cluster-unreachable', detail: error.message } as const;
      const pause = Math.max(1, backOff, error.retryAfterMs);
      return { waiting: this.#unreachable < failureLimit ? { ...waiting, likelyUntil: this.#endsAt } : waiting, pause };
    }
    if (error instanceof Conflict) {
      const waiting = {
        reason: 'deadline-passed',
        detail: `the Node changed while it was written: ${error.message}`,
      } as const;
      const pause = Math.max(1, jitteredPause(racePauses, this.#races++, this.#time.random()));
      return { waiting: this.#races < raceLimit ? { ...waiting, likelyUntil: this.#endsAt } : waiting, pause };
    }
    if (error instanceof QuotaExceeded)
      return { waiting: { reason: 'proof-pod-failed', detail: error.message }, pause: 0 };
    if (error instanceof NotFound)
      return { waiting: { reason: 'node-never-joined', detail: `the Node went away: ${error.message}` }, pause: 0 };
    throw error;
  }
}

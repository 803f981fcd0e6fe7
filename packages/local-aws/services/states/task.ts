/** One attempt of a Task: the call, the wait for its token, its timeout and its heartbeat. */
import type { Clock, Timer } from '../../clock.ts';
import { StateError } from './errors.ts';

/** An attempt's parts; times are in seconds. */
export interface Attempt {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeout: number | undefined;
  readonly heartbeat: number | undefined;
  /** Makes the call. */
  call(): Promise<unknown>;
  /** Whether its token ends the attempt, and not the call's answer. */
  readonly callback: boolean;
  /** Receives the answer to a callback's request. */
  submitted(answer: unknown): void;
}

/** The ends of an attempt, for the holder of its token. */
export interface Handles {
  succeed(output: unknown): void;
  fail(error: string | undefined, cause: string | undefined): void;
  heartbeat(): void;
}

/**
 * Runs an attempt.
 *
 * @param ready receives the handles before the call is made
 * @returns the Task's result
 * @throws StateError if it failed
 */
export function runAttempt(attempt: Attempt, ready: (handles: Handles) => void): Promise<unknown> {
  const { clock, signal } = attempt;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timers: (Timer | undefined)[] = [];
    const stop = () => {
      for (const timer of timers) timer?.cancel();
      signal.removeEventListener('abort', aborted);
    };
    const succeed = (output: unknown) => {
      stop();
      resolve(output);
    };
    const failed = (error: unknown) => {
      stop();
      reject(error);
    };
    const aborted = () => failed(signal.reason);
    const after = (seconds: number | undefined, error: string) =>
      seconds === undefined ? undefined : clock.after(seconds * 1000, () => failed(new StateError(error)));
    const beat = () => {
      timers[1]?.cancel();
      timers[1] = after(attempt.heartbeat, 'States.HeartbeatTimeout');
    };
    signal.addEventListener('abort', aborted);
    timers[0] = after(attempt.timeout, 'States.Timeout');
    beat();
    ready({ succeed, fail: (error, cause) => failed(new StateError(error, cause)), heartbeat: beat });
    attempt.call().then((answer) => {
      if (!attempt.callback) succeed(answer);
      else if (!signal.aborted) attempt.submitted(answer);
    }, failed);
  });
}

/** Sleeps on the clock unless the signal ends it. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const aborted = () => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = clock.after(ms, () => {
      signal.removeEventListener('abort', aborted);
      resolve();
    });
    signal.addEventListener('abort', aborted);
  });
}

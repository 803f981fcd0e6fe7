import { retryLater } from '../../domain/messages.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';

/** The node has to wait, and its message returns. */
export class RetryLater extends Error {
  override readonly name = retryLater;
  /** The minimum wait, in milliseconds; 0 if there is none. */
  readonly afterMs: number;

  constructor(reason: OutcomeCode, detail: string, afterMs: number) {
    super(`${reason}: ${detail}`);
    this.afterMs = afterMs;
  }
}

/**
 * The final outcome of a call: the name is the outcome's code, which the state machine catches, and the message is the
 * detail.
 */
export class FinalOutcome extends Error {
  override readonly name: OutcomeCode;

  constructor(outcome: OutcomeCode, detail: string) {
    super(detail);
    this.name = outcome;
  }
}

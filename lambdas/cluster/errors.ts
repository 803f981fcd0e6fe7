import { retryLater } from '../../domain/messages.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';

/** The node has to wait; its message comes again. */
export class RetryLater extends Error {
  override readonly name = retryLater;
  /** The shortest time until then, in milliseconds; 0 if there is none. */
  readonly afterMs: number;

  constructor(reason: OutcomeCode, detail: string, afterMs: number) {
    super(`${reason}: ${detail}`);
    this.afterMs = afterMs;
  }
}

/** The node will not be released: the name is the outcome, which the state machine catches by name, and the message the detail. */
export class FinalOutcome extends Error {
  override readonly name: OutcomeCode;

  constructor(outcome: OutcomeCode, detail: string) {
    super(detail);
    this.name = outcome;
  }
}

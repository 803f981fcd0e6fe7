import { notYet, refused } from '../../domain/messages.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';

/** The node has to wait; the state machine asks again. */
export class NotYet extends Error {
  override readonly name = notYet;

  constructor(reason: OutcomeCode, detail: string) {
    super(`${reason}: ${detail}`);
  }
}

/** The ledger does not say what the call asks for. Nothing was done, and nothing is tried again. */
export class Refused extends Error {
  override readonly name = refused;
}

/** The node will not be released: the name is the outcome, which the state machine catches by name, and the message the detail. */
export class Ended extends Error {
  override readonly name: OutcomeCode;

  constructor(outcome: OutcomeCode, detail: string) {
    super(detail);
    this.name = outcome;
  }
}

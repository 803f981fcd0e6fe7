/** An execution's history: https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html */
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { StateError } from './errors.ts';

/** The most events of an execution. */
const mostEvents = 25_000;

/** The events of one execution, in order. */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #now: () => number;
  readonly #watch: ((event: HistoryEvent) => void) | undefined;

  /** @param watch called with each event as it is written */
  constructor(now: () => number, watch?: (event: HistoryEvent) => void) {
    this.#now = now;
    this.#watch = watch;
  }

  /**
   * Writes an event.
   *
   * @param details the event's own details under their member's name
   * @returns the event's id
   * @throws StateError States.Runtime if the history is full, unless the event ends the execution
   */
  add(type: NonNullable<HistoryEvent['type']>, details: Partial<HistoryEvent> = {}): number {
    if (this.events.length >= mostEvents - 1 && !type.startsWith('Execution')) {
      throw new StateError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${mostEvents}).`,
      );
    }
    const id = this.events.length + 1;
    const event = { timestamp: new Date(this.#now()), type, id, previousEventId: id - 1, ...details };
    this.events.push(event);
    this.#watch?.(event);
    return id;
  }
}

/**
 * State errors, and the retriers or catchers that match them:
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
import type { Retrier } from './retrier.ts';

/** The largest input, output or result, in bytes: 256 KiB. */
const largestData = 262_144;

/** An error that ends a state unless a retrier or a catcher matches it. */
export class StateError extends Error {
  override readonly name = 'StateError';
  /** The error's name, for instance `States.Timeout`; a callback may fail a task without one. */
  readonly error: string | undefined;

  constructor(error: string | undefined, cause?: string) {
    super(cause ?? '', { cause });
    this.error = error;
  }

  /** `$states.errorOutput`. */
  get output(): { readonly Error?: string; readonly Cause?: string } {
    return {
      ...(this.error === undefined ? {} : { Error: this.error }),
      ...(typeof this.cause === 'string' ? { Cause: this.cause } : {}),
    };
  }
}

/** Whether a list of error names matches an error. */
export function takes(names: readonly string[], error: string | undefined): boolean {
  // The runtime's own error always ends the execution.
  if (error === 'States.Runtime') return false;
  return names.some((name) => {
    if (name === 'States.ALL') return error !== 'States.DataLimitExceeded';
    if (name === 'States.TaskFailed') return error !== 'States.Timeout';
    // A missed heartbeat also counts as a timeout.
    if (name === 'States.Timeout') return error === name || error === 'States.HeartbeatTimeout';
    return name === error;
  });
}

/**
 * How long to wait before a retry, in seconds.
 *
 * @param attempt how often this retrier was used before, from 0
 * @param random a number from 0 to 1, for FULL jitter
 * @returns undefined if the retrier has no attempt left
 */
export function retryDelay(retrier: Retrier, attempt: number, random: number): number | undefined {
  if (attempt >= (retrier.MaxAttempts ?? 3)) return undefined;
  const growing = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempt;
  const delay = Math.min(growing, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? delay * random : delay;
}

/** A StateError for anything thrown, with AWS's message for a failed expression. */
export function asStateError(thrown: unknown, visit?: { readonly name: string; readonly eventId: number }): StateError {
  if (!(thrown instanceof StateError)) return new StateError('States.Runtime', String(thrown));
  if (
    thrown.error !== 'States.QueryEvaluationError' ||
    visit === undefined ||
    String(thrown.cause).startsWith('An error')
  ) {
    return thrown;
  }
  const where = `An error occurred while executing the state '${visit.name}' (entered at the event id #${visit.eventId}).`;
  return new StateError(thrown.error, `${where} ${thrown.cause}`);
}

/** The error for an expression whose value has another type than its field. */
export function wrongType(template: unknown, field: string, wanted: string): StateError {
  return new StateError(
    'States.QueryEvaluationError',
    `The JSONata expression '${expressionText(template)}' specified for the field '${field}' returned an unexpected result type: it must be a ${wanted}.`,
  );
}

function expressionText(template: unknown): string {
  return String(template).replace(/^\{%\s*|\s*%\}$/g, '');
}

/**
 * Checks data against the limit of 256 KiB.
 *
 * @throws StateError States.DataLimitExceeded
 */
export function limit(value: unknown, what: string): void {
  if (Buffer.byteLength(JSON.stringify(value) ?? '') <= largestData) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `${what} with a size exceeding the maximum number of bytes service limit.`,
  );
}

import { types } from 'node:util';

/** An error as the runtime returns it. */
export interface FailurePayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/**
 * The answer for an error that a handler threw, with the name that callers and a state machine's `ErrorEquals` see.
 * Source: Lambda Developer Guide, "Node.js function errors".
 */
export function failureOf(error: unknown): FailurePayload {
  if (types.isNativeError(error)) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

/** Why an environment died during an invocation. */
export type Death =
  | { readonly reason: 'timeout'; readonly seconds: number }
  | { readonly reason: 'crash' }
  | { readonly reason: 'memory' }
  | { readonly reason: 'exit'; readonly code: number }
  | { readonly reason: 'uncaught'; readonly error: unknown }
  | { readonly reason: 'shutdown' };

/** The answer for an invocation whose environment died. */
export function failureOfDeath(death: Death, requestId: string): FailurePayload {
  const exited = (status: string) => ({
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${status}`,
  });
  switch (death.reason) {
    case 'timeout':
      return {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${requestId} Error: Task timed out after ${death.seconds.toFixed(2)} seconds`,
      };
    case 'uncaught':
      return failureOf(death.error);
    case 'exit':
      return exited(`exit status ${death.code}`);
    case 'memory':
      return { ...exited('signal: killed'), errorType: 'Runtime.OutOfMemory' };
    case 'crash':
    case 'shutdown':
      return exited('signal: killed');
  }
}

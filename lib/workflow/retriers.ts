import { outcomeCodes, outcomeOf } from '../../domain/outcomes.ts';

/** A state's retrier in Amazon States Language. */
export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds: number;
  readonly JitterStrategy: 'FULL';
}

/** The longest pause between two attempts, in seconds: unlimited doubling would sleep past the deadline. */
const ceiling = 30;

/** The retriers that the list of outcomes requires, one per retry policy. */
export function outcomeRetriers(): Retrier[] {
  const byPolicy = new Map<string, Retrier & { ErrorEquals: string[] }>();
  for (const code of outcomeCodes) {
    const { consequence } = outcomeOf(code);
    if (consequence.next !== 'retry') continue;
    const { attempts, intervalSeconds } = consequence;
    const key = `${attempts} ${intervalSeconds}`;
    const known = byPolicy.get(key);
    if (known) known.ErrorEquals.push(code);
    else
      byPolicy.set(key, { ...retrier({ errors: [], intervalSeconds, attempts: attempts - 1 }), ErrorEquals: [code] });
  }
  return [...byPolicy.values()];
}

/**
 * Lambda's own errors as the service integration spells them, the timeout of a single call, and the death of a
 * function: its process was killed, exited or ran out of memory, or Lambda cannot tell.
 */
export const lambdaErrors = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.EC2UnexpectedException',
  'Lambda.ENINotReadyException',
  'Lambda.ResourceConflictException',
  'Lambda.ResourceNotReadyException',
  'Lambda.Unknown',
  'Runtime.ExitError',
  'Runtime.OutOfMemory',
  'Sandbox.Timedout',
  'States.Timeout',
];

/**
 * Lambda has no capacity for the call: the account's concurrency is used up, or the function's network has no free
 * interface. Nothing ran.
 */
const noRoom = [
  'Lambda.TooManyRequestsException',
  'Lambda.EC2ThrottledException',
  'Lambda.ENILimitReachedException',
  'Lambda.SubnetIPAddressLimitReachedException',
];

/**
 * A retrier for calls that Lambda has no capacity for. An account may start with ten concurrent executions, and a
 * growing pool needs more for minutes. The node's deadline bounds the wait, not a handful of attempts.
 *
 * @param attempts with pauses of 15 seconds on average after the first few
 */
export function forRoom(attempts: number): Retrier {
  return retrier({ errors: noRoom, intervalSeconds: 2, attempts });
}

/** How a state's errors are retried. */
export interface Retrying {
  readonly errors: readonly string[];
  /** How many attempts follow the first; 0 passes the error to the catchers at once. */
  readonly attempts: number;
  /** The first pause, in seconds. */
  readonly intervalSeconds?: number;
  /** The longest pause, in seconds. */
  readonly longestSeconds?: number;
}

/** A retrier with full jitter, doubling up to a ceiling. */
export function retrier({ errors, attempts, intervalSeconds = 1, longestSeconds = ceiling }: Retrying): Retrier {
  return {
    ErrorEquals: errors,
    IntervalSeconds: intervalSeconds,
    MaxAttempts: attempts,
    BackoffRate: 2,
    MaxDelaySeconds: Math.max(longestSeconds, intervalSeconds + 1),
    JitterStrategy: 'FULL',
  };
}

/** A retrier for errors that are final answers: they go to the catchers at once. */
export function noRetry(...errors: readonly string[]): Retrier {
  return retrier({ errors, attempts: 0 });
}

/** A retrier for every other error. It must be the last one. */
export function retryAll(how: Omit<Retrying, 'errors'>): Retrier {
  return retrier({ errors: ['States.ALL'], ...how });
}

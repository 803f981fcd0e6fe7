import type { Placement } from '../network/vpcs.ts';

/** The settings for asynchronous invocations. */
export interface AsyncSettings {
  readonly maximumRetries: number;
  readonly maximumAgeSeconds: number;
  /** The destinations' ARNs. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
}

/** The levels of a function's own log lines, the most verbose first. */
export const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

/** How a function writes its log. */
export interface LogSettings {
  readonly group: string;
  readonly format: 'Text' | 'JSON';
  /** The minimum level that is written; only in JSON, because text has no levels. `INFO` by default. */
  readonly level?: (typeof logLevels)[number];
}

/** One Lambda function's configuration. */
export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly runtime: string;
  /** For instance `index.handler`. */
  readonly handler: string;
  /** Its code's folder. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** How many invocations may run at once; `undefined`: as many as the account allows. */
  readonly reservedConcurrency: number | undefined;
  readonly log: LogSettings;
  /** Its network; by default outside of every VPC. */
  readonly placement?: Placement | undefined;
  /** The queue for invocations that finally failed. */
  readonly deadLetterArn: string | undefined;
}

/** The result of one invocation, as the Invoke API returns it. */
export interface Invoked {
  /** `Unhandled` if the function failed. */
  readonly functionError: 'Unhandled' | undefined;
  /** JSON: the handler's answer, or the error object. */
  readonly payload: string;
  readonly requestId: string;
}

/** An invocation that has ended. */
export interface EndedInvocation {
  readonly functionName: string;
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  /** Whether the function threw, ran out of time or died. */
  readonly failed: boolean;
}

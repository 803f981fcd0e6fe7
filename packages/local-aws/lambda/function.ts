import type { Placement } from '../network/vpcs.ts';

/** What Lambda does with an invocation that no one waits for. */
export interface AsyncSettings {
  readonly maximumRetries: number;
  readonly maximumAgeSeconds: number;
  /** ARNs of the destinations. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
}

/** The levels of a function's own lines, the most talkative first. */
export const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;

/** How a function writes its log. */
export interface LogSettings {
  readonly group: string;
  readonly format: 'Text' | 'JSON';
  /** The least level that is written; in JSON alone, text has no levels. `INFO` unless told. */
  readonly level?: (typeof logLevels)[number];
}

/** One Lambda function as it is configured. */
export interface FunctionSettings {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly runtime: string;
  /** For instance `index.handler`. */
  readonly handler: string;
  /** The folder of its code. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** How many invocations may run at once; `undefined`: as many as the account has. */
  readonly reservedConcurrency: number | undefined;
  readonly log: LogSettings;
  /** Where it stands; outside of every VPC unless told. */
  readonly placement?: Placement | undefined;
  /** The queue for invocations that failed for good. */
  readonly deadLetterArn: string | undefined;
}

/** The outcome of one invocation, as the Invoke API shows it. */
export interface Invoked {
  /** `Unhandled` where the function failed. */
  readonly functionError: 'Unhandled' | undefined;
  /** JSON: the answer of the handler, or the error object. */
  readonly payload: string;
  readonly requestId: string;
}

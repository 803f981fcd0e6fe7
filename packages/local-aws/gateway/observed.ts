import type { AwsError, Principal } from './service.ts';

/** A planted fault: an error that the service returns, or the death of the calling function. */
type Fault = AwsError | 'crash' | 'out-of-memory' | undefined;

/** One call as the journal and the faults see it. */
export interface ObservedCall {
  readonly principal: Principal;
  /** The signing name, for instance `ssm`. */
  readonly service: string;
  /** For instance `SendCommand`. */
  readonly operation: string;
  readonly input: unknown;
}

/** The hooks for planting faults. */
export interface Faults {
  /** Called after the schema and IAM let a call pass, before it takes effect. */
  beforeCall?(call: ObservedCall): Fault | Promise<Fault>;
  /** Called after the call took effect, before the caller receives the result. */
  afterCall?(call: ObservedCall & { readonly output: unknown }): Fault | Promise<Fault>;
}

/** A journal entry: a call that reached the cloud, and its error, if any. */
export interface JournalEntry extends ObservedCall {
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly at: number;
  /** The code of the error that the caller received. */
  readonly error?: string;
}

/** A call with what the service answered: its result or its error. */
export interface AnsweredCall extends ObservedCall {
  readonly output?: unknown;
  readonly error?: AwsError;
}

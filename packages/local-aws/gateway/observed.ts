import type { AwsError, Principal } from './service.ts';

/** A fault that a test plants: an error that the service answers, or the death of the function that called. */
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

/** Where tests plant faults. */
export interface Faults {
  /** Asked after the schema and IAM let a call pass, before it takes effect. */
  beforeCall?(call: ObservedCall): Fault | Promise<Fault>;
  /** Asked after the call took effect, before the caller learns of it. */
  afterCall?(call: ObservedCall & { readonly output: unknown }): Fault | Promise<Fault>;
}

/** One entry of the journal: a call that reached the cloud, and the error that it got, if any. */
export interface JournalEntry extends ObservedCall {
  /** Milliseconds since the epoch, on the cloud's clock. */
  readonly at: number;
  /** The code of the error that the caller got. */
  readonly error?: string;
}

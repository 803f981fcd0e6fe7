import type { FunctionSettings, Invoked } from './function.ts';
import type { LambdaFunction } from './lambda-function.ts';

/** The functions of an account and region, and how they are invoked. */
export interface Functions {
  /** By name. */
  readonly functions: ReadonlyMap<string, LambdaFunction>;

  /** Adds a function. */
  create(settings: FunctionSettings): LambdaFunction;

  /**
   * Finds a function by name, ARN, or ARN with a qualifier of `$LATEST`.
   *
   * @throws AwsError if there is none
   */
  function(nameOrArn: string): LambdaFunction;

  /**
   * Changes a function, as a deploy does: idle environments end, and busy ones after the invocation that they are in.
   */
  update(nameOrArn: string, change: Partial<FunctionSettings>): void;

  /** Takes a function away; an invocation that is under way ends first. */
  remove(name: string): void;

  /**
   * Invokes a function without a check of rights: authorization is the caller's matter.
   *
   * @param payload JSON
   * @param type `Event` answers at once and retries by Lambda's own rules
   * @throws AwsError if the function does not exist or is throttled
   */
  invoke(nameOrArn: string, payload: string, type: 'RequestResponse' | 'Event'): Promise<Invoked>;

  /** Ends every environment. */
  stop(): void;
}

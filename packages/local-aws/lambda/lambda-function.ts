import type { ExecutionEnvironment } from './environment.ts';
import type { AsyncSettings, FunctionSettings } from './function.ts';

/** One function with its execution environments. */
export interface LambdaFunction {
  settings: FunctionSettings;
  /** How far its hosts' clock is ahead of the others, in milliseconds; new environments use it. */
  clockAheadMs: number;
  asynchronous: AsyncSettings;
  /** Statements that `AWS::Lambda::Permission` added. */
  readonly statements: unknown[];
  readonly environments: Set<ExecutionEnvironment>;
}

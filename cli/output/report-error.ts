import { ConfigError } from '../../lib/config/config-error.ts';
import { CouldNotLook, UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/**
 * Writes an error to standard error without its stack.
 *
 * @param debug whether to write the stack too
 * @returns the exit code
 */
export function reportError(error: unknown, debug: boolean): ExitCode {
  const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
  const foreseen = error instanceof ConfigError || error instanceof UsageError || error instanceof CouldNotLook;
  const hint = foreseen || debug ? '' : ' (--debug shows where)';
  process.stderr.write(`${debug ? stack : `${message}${hint}`}\n`);
  return error instanceof ConfigError || error instanceof UsageError ? exitCodes.wrongUsage : exitCodes.couldNotLook;
}

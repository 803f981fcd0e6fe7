import { ConfigError } from '../../lib/config/config-error.ts';
import { CouldNotLook, UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';

/**
 * How the AWS SDK says that this shell has not been set up for AWS, and what a person does about it. Source:
 * smithy-typescript's `config-resolver` and `@aws-sdk/credential-provider-node`.
 */
const setups = [
  {
    pattern: /^Region (is missing|not accepted)/,
    message: 'No AWS region is set; accepted: AWS_REGION, or a profile with a region in AWS_PROFILE.',
  },
  {
    pattern: /^Could not load credentials from any providers/,
    message:
      'No AWS credentials were found; accepted: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or aws sso login.',
  },
];

/**
 * Writes an error to standard error without its stack.
 *
 * @param debug whether to write the stack too
 * @returns the exit code
 */
export function reportError(error: unknown, debug: boolean): ExitCode {
  const { message: said, stack = said } = error instanceof Error ? error : new Error(String(error));
  const setup = setups.find(({ pattern }) => pattern.test(said));
  const message = setup?.message ?? said;
  const foreseen =
    setup !== undefined || error instanceof ConfigError || error instanceof UsageError || error instanceof CouldNotLook;
  const hint = foreseen || debug ? '' : ' (--debug shows where)';
  process.stderr.write(`${debug ? stack : `${message}${hint}`}\n`);
  return error instanceof ConfigError || error instanceof UsageError ? exitCodes.wrongUsage : exitCodes.couldNotLook;
}

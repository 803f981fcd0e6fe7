import * as v from 'valibot';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';

/** What `airlock verify-aws --json` prints. */
export const VerificationSchema = v.strictObject({
  version: v.literal(1),
  checks: v.array(
    v.strictObject({
      title: v.string(),
      results: v.array(v.strictObject({ ok: v.boolean(), text: v.string() })),
      /** Why the check could not be made. */
      notChecked: v.optional(v.string()),
    }),
  ),
});

/** The exit code for a list of checks. A known problem takes precedence over an unknown. */
export function verificationExitCode(checks: v.InferInput<typeof VerificationSchema>['checks']): ExitCode {
  if (checks.some(({ results }) => results.some(({ ok }) => !ok))) return exitCodes.findings;
  return checks.some(({ notChecked }) => notChecked !== undefined) ? exitCodes.couldNotLook : exitCodes.fine;
}

/** Options that cannot be used. The message names the option, the value seen and the accepted form. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked about could not be looked at: no credentials, no right, no answer, no such stack. */
export class CouldNotLook extends Error {
  override readonly name = 'CouldNotLook';
}

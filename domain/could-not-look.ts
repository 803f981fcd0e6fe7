/** What was asked about could not be looked at: no credentials, no right, no answer, no such stack. */
export class CouldNotLook extends Error {
  override readonly name = 'CouldNotLook';
}

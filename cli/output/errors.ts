export { CouldNotLook } from '../../domain/could-not-look.ts';

/** Options that cannot be used. The message names the option, the value seen and the accepted form. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A policy that is malformed, or that uses what the local cloud does not know. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

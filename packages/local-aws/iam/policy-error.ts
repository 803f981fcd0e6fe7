/** A policy that is malformed, or that uses something the local cloud does not support. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

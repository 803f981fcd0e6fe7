/** Pauses between attempts, in milliseconds. Each is twice as long as the previous one, up to the longest. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to pause before another attempt, without jitter.
 *
 * @param tries how many pauses came before this one, from 0
 * @returns milliseconds
 */
export function doubledPause({ firstMs, longestMs }: BackOff, tries: number): number {
  return Math.min(longestMs, firstMs * 2 ** tries);
}

/**
 * How long to pause before another attempt if many callers may retry at once: a random part of {@link doubledPause}, so
 * that they do not retry together.
 *
 * This is full jitter, see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
 *
 * @param random from 0 up to 1
 * @returns milliseconds
 */
export function jitteredPause(backOff: BackOff, tries: number, random: number): number {
  return random * doubledPause(backOff, tries);
}

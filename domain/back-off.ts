/** Pauses between tries, in milliseconds: each is twice as long as the one before, up to the longest. */
export interface BackOff {
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to rest before another try, without chance.
 *
 * @param tries how many pauses came before this one, from 0
 * @returns milliseconds
 */
export function doubledPause({ firstMs, longestMs }: BackOff, tries: number): number {
  return Math.min(longestMs, firstMs * 2 ** tries);
}

/**
 * How long to pause before another try of what many may try at once: any part of {@link doubledPause}, so that they do not try together again.
 *
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ calls it full jitter.
 *
 * @param random from 0 up to 1
 * @returns milliseconds
 */
export function jitteredPause(backOff: BackOff, tries: number, random: number): number {
  return random * doubledPause(backOff, tries);
}

import type { Diagnosis } from '../../domain/findings.ts';

/** How long to wait, and with what. */
export interface WaitOptions {
  /** How long to look again; 0 looks once. */
  readonly seconds: number;
  readonly isFine: (diagnosis: Diagnosis) => boolean;
  /** Reports each look that was not fine. @param left milliseconds until the end */
  readonly progress: (diagnosis: Diagnosis, left: number) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** The time between two looks, in milliseconds. */
const pauseMs = 10_000;

/** Looks again until all is fine or the time is up. @returns the last look */
export async function waitUntilFine(examine: () => Promise<Diagnosis>, options: WaitOptions): Promise<Diagnosis> {
  const end = options.now() + options.seconds * 1_000;
  for (;;) {
    const diagnosis = await examine();
    const left = end - options.now();
    if (left <= 0 || options.isFine(diagnosis)) return diagnosis;
    options.progress(diagnosis, left);
    await options.sleep(Math.min(pauseMs, left));
  }
}

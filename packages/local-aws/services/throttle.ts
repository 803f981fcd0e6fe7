import type { Clock } from '../clock.ts';

/** How many calls a service takes: at most `burst` at once, and `perSecond` as time goes on. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A bucket of tokens that refills at a rate: one token a call. */
export class Throttle {
  readonly #clock: Clock;
  readonly #rate: () => Rate;
  #left: number | undefined;
  #at: number;

  /** @param rate asked at each call, so that a test may change it */
  constructor(clock: Clock, rate: () => Rate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#at = clock.now();
  }

  /** Takes a token out. @returns false if none is left */
  take(): boolean {
    const left = this.#refill();
    if (left < 1) return false;
    this.#left = left - 1;
    return true;
  }

  /** Takes a token out, and waits on the clock until it is there: what comes first is served first. */
  async wait(): Promise<void> {
    const left = this.#refill() - 1;
    this.#left = left;
    if (left < 0) await this.#clock.sleep((-left / this.#rate().perSecond) * 1000);
  }

  #refill(): number {
    const now = this.#clock.now();
    const { burst, perSecond } = this.#rate();
    const left = Math.min(burst, (this.#left ?? burst) + ((now - this.#at) / 1000) * perSecond);
    this.#left = left;
    this.#at = now;
    return left;
  }
}

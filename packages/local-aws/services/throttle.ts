import type { Clock } from '../clock.ts';

/** How many calls a service accepts: at most `burst` at once, and `perSecond` over time. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A token bucket that refills at a rate; a call takes one token. */
export class Throttle {
  readonly #clock: Clock;
  readonly #rate: () => Rate;
  #left: number | undefined;
  #at: number;

  /** @param rate read at each call, so that a test may change it */
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

  /** Takes a token, or waits on the clock for one: first come, first served. */
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

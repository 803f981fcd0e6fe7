import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Random } from '../../packages/lab/faults.ts';

/** Repeatable random numbers: the same seed and the same questions give the same answers. */
export class SeededRandom implements Random {
  readonly #random: ReturnType<typeof xoroshiro128plus>;

  /** @param parts numbers that name this sequence: the seed, the run, which of its faults */
  constructor(...parts: readonly number[]) {
    this.#random = xoroshiro128plus(parts.reduce((mixed, part) => Math.imul(mixed ^ part, 0x9e3779b1) | 0, 0x2545f491));
  }

  /** A number from 0 up to 1. */
  real(): number {
    return uniformFloat64(this.#random);
  }

  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return uniformInt(this.#random, from, to);
  }

  time(from: number, to: number): number {
    return this.int(from, to);
  }

  strikesNode(share: number): boolean {
    return this.chance(share);
  }

  /** True for this share of all calls. */
  chance(share: number): boolean {
    return this.real() < share;
  }

  /** One of a list. Throws if it is empty. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.int(0, list.length - 1)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }

  /** Some of a list, each once. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = [...list];
    return Array.from({ length: Math.min(count, left.length) }, () =>
      left.splice(this.int(0, left.length - 1), 1),
    ).flat();
  }
}

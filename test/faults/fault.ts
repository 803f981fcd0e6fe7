import type { FaultFacts } from './fault-facts.ts';
import type { FaultRun } from './fault-run.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Something that goes wrong around the product. */
export interface Fault extends FaultFacts {
  /** Plants it, before the first node is launched. How it strikes is the random's matter. */
  plant(faultRun: FaultRun, random: SeededRandom): void;
}

/** The faults of one family, by name. */
export type Family = Readonly<Record<string, Fault>>;

const second = 1_000;

/** Milliseconds, from some seconds to some seconds. */
export function seconds(random: SeededRandom, from: number, to: number): number {
  return random.int(from * second, to * second);
}

/** Milliseconds, from some minutes to some minutes. */
export function minutes(random: SeededRandom, from: number, to: number): number {
  return seconds(random, from * 60, to * 60);
}

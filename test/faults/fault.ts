import type { Dice } from './dice.ts';
import type { FaultFacts } from './fault-facts.ts';
import type { Trial } from './trial.ts';

/** Something that goes wrong around the product. */
export interface Fault extends FaultFacts {
  /** Plants it, before the first node is launched. How it strikes is the dice's matter. */
  plant(trial: Trial, dice: Dice): void;
}

/** The faults of one family, by name. */
export type Family = Readonly<Record<string, Fault>>;

const second = 1_000;

/** Milliseconds, from some seconds to some seconds. */
export function seconds(dice: Dice, from: number, to: number): number {
  return dice.int(from * second, to * second);
}

/** Milliseconds, from some minutes to some minutes. */
export function minutes(dice: Dice, from: number, to: number): number {
  return seconds(dice, from * 60, to * 60);
}

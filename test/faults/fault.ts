import type { Dice } from './dice.ts';
import type { Trial } from './trial.ts';

/** Something that goes wrong around the product. */
export interface Fault {
  /** What goes wrong, in one sentence. */
  readonly about: string;
  /** Whether every node is released all the same: the fault alone costs time, and nothing else. */
  readonly heals?: true;
  /** Whether an execution can break under it, so that only the sweep brings its node to an end. */
  readonly strands?: true;
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

import type { OutcomeCode } from '../../../domain/outcomes.ts';
import type { Random } from './random.ts';
import type { FaultSite } from './site.ts';

/** Something that goes wrong around Airlock. */
export interface Fault {
  /** What goes wrong, in one sentence. */
  readonly about: string;
  /** How a launch ends if the fault is planted by its name and nothing else is wrong; `released` if absent. */
  readonly ends?: OutcomeCode;
  /** Whether every node is released however hard the fault strikes: it only costs time. */
  readonly heals?: true;
  /** Whether an execution can break under it, so that only reconcile ends its node. */
  readonly strands?: true;
  /**
   * `matrix`: not by name, because it needs the matrix's pools and modelled machines. `name`: only by name, because the
   * matrix has a harder one.
   */
  readonly only?: 'matrix' | 'name';
  /** Plants it, before the first node is launched. */
  plant(site: FaultSite, random: Random): void;
}

/** The faults of one kind, by name. */
export type Family = Readonly<Record<string, Fault>>;

const second = 1_000;

/** Milliseconds, from some seconds to some seconds. */
export function seconds(random: Random, from: number, to: number): number {
  return random.time(from * second, to * second);
}

/** Milliseconds, from some minutes to some minutes. */
export function minutes(random: Random, from: number, to: number): number {
  return seconds(random, from * 60, to * 60);
}

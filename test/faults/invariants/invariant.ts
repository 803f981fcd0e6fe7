import type { Trial } from '../trial.ts';

/** A rule that holds in every fault. */
export interface Invariant {
  readonly name: string;
  /** What speaks against it, one sentence each. */
  violations(trial: Trial): readonly string[];
}

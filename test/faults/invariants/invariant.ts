import type { FaultRun } from '../fault-run.ts';

/** A rule that holds with every fault. */
export interface Invariant {
  readonly name: string;
  /** The violations, one sentence each. */
  violations(faultRun: FaultRun): readonly string[];
}

import type { FaultRun } from '../fault-run.ts';

/** A rule that holds in every fault. */
export interface Invariant {
  readonly name: string;
  /** What speaks against it, one sentence each. */
  violations(faultRun: FaultRun): readonly string[];
}

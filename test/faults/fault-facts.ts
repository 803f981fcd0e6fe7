/** What is known of a fault before it is planted. */
export interface FaultFacts {
  /** What goes wrong, in one sentence. */
  readonly about: string;
  /** Whether every node is released all the same: the fault alone costs time, and nothing else. */
  readonly heals?: true;
  /** Whether an execution can break under it, so that only reconcile brings its node to an end. */
  readonly strands?: true;
}

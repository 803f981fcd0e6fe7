/** Who writes the ledger: a function, by its folder, or the state machine. */
export const writers = [
  'admission',
  'dispatch',
  'results',
  'cancellation',
  'remediation',
  'terminations',
  'reconcile',
  'workflow',
] as const;

/** Who writes the ledger. */
export type Writer = (typeof writers)[number];

/**
 * One change of an item. Every update of the ledger is one of `run-changes.ts`, `breaker-changes.ts` or `agents.ts`,
 * and each writer's rights follow from those. A change needs a value for each attribute that it sets, keeps or adds to,
 * and for each `:name` of its condition.
 */
export interface Change<Attribute extends string = string> {
  /** The roles that may make it. */
  readonly by: readonly Writer[];
  /** What must hold for the item before the change: `#name` is an attribute, `:name` a value. */
  readonly condition?: string;
  /** The attributes that it sets. One whose value is undefined is removed. */
  readonly set?: readonly Attribute[];
  /** The attributes that it sets if the item lacks them. */
  readonly keep?: readonly Attribute[];
  /** The attributes that it adds to: a number to a number, members to a set. */
  readonly add?: readonly Attribute[];
  readonly remove?: readonly Attribute[];
  /** The values that are always the same. The caller gives the others. */
  readonly fixed?: Readonly<Record<string, string | number>>;
}

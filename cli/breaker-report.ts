import * as v from 'valibot';

/** One breaker as the command shows it. */
export const BreakerSchema = v.strictObject({
  cluster: v.string(),
  pool: v.string(),
  version: v.string(),
  state: v.picklist(['open', 'closed']),
  /** When it opened last, ISO 8601. */
  openedAt: v.optional(v.string()),
  /** The instance that is tried while it is open. */
  probe: v.optional(v.string()),
});

/** One breaker as the command shows it. */
export type ShownBreaker = v.InferOutput<typeof BreakerSchema>;

/** What `airlock breaker --json` prints. */
export const BreakersSchema = v.strictObject({ version: v.literal(1), breakers: v.array(BreakerSchema) });

/** What `airlock breaker close --json` prints. */
export const ClosedBreakerSchema = v.strictObject({
  version: v.literal(1),
  /** False if it was not open. */
  closed: v.boolean(),
  breaker: v.strictObject({ cluster: v.string(), pool: v.string(), version: v.string() }),
});

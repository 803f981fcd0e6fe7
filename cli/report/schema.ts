import * as v from 'valibot';

const Spread = v.strictObject({ p50: v.number(), p95: v.number(), p99: v.number(), max: v.number() });

/** Milliseconds of some launches. */
export type Spread = v.InferOutput<typeof Spread>;

/** What `airlock report --json` prints. Times are in milliseconds. */
export const ReportSchema = v.strictObject({
  version: v.literal(1),
  /** The period, ISO 8601. A launch counts if it began in it. */
  since: v.string(),
  until: v.string(),
  launches: v.strictObject({
    total: v.number(),
    /** How many have each state: `under way`, `released`, `quarantined`, `replaced`, `held` or `discarded`. */
    byState: v.record(v.string(), v.number()),
    /**
     * Released launches in percent of those that were released, quarantined, replaced or held; absent if there is none.
     */
    releasedPercent: v.optional(v.number()),
  }),
  outcomes: v.array(v.strictObject({ outcome: v.string(), launches: v.number(), sentence: v.string() })),
  /** Of released launches: all of them, then by pool, by runtime and by version. */
  times: v.array(
    v.strictObject({
      by: v.picklist(['all', 'pool', 'runtime', 'version']),
      /** `<cluster> <pool>`, `<runtime>` or `<runtime>@<version>`; empty for all. */
      name: v.string(),
      launches: v.number(),
      /** From the launch to its release. */
      total: Spread,
      /** From one point of the launch to the next, in the usual order. */
      phases: v.array(v.strictObject({ phase: v.string(), took: Spread })),
    }),
  ),
  /** Launches by the time at which they began, in parts of the period of the same length. */
  course: v.array(
    v.strictObject({
      from: v.string(),
      released: v.number(),
      failed: v.number(),
      underWay: v.number(),
      /** From the launch to its release; absent if none was released. */
      p50: v.optional(v.number()),
      p95: v.optional(v.number()),
    }),
  ),
  /** How many released launches took how long. */
  histogram: v.array(v.strictObject({ fromMs: v.number(), toMs: v.number(), launches: v.number() })),
  /** Failures by outcome first, then the slowest releases. */
  worst: v.array(
    v.strictObject({
      instanceId: v.string(),
      nodeName: v.string(),
      cluster: v.string(),
      pool: v.string(),
      request: v.string(),
      outcome: v.string(),
      totalMs: v.number(),
      /** The longest phase; empty if it reached none. */
      slowest: v.string(),
      detail: v.string(),
    }),
  ),
  /** Breakers that opened and closed, from the audit log group. */
  breakers: v.array(
    v.strictObject({
      at: v.string(),
      change: v.picklist(['opened', 'closed']),
      cluster: v.string(),
      pool: v.string(),
      version: v.string(),
      /** Why: counts of launches, or who closed it. */
      because: v.string(),
    }),
  ),
  versions: v.array(
    v.strictObject({
      /** `<runtime>@<version>`. */
      request: v.string(),
      launches: v.number(),
      released: v.number(),
      /** The advisories that affect it, by the catalogue of this checkout. */
      advisories: v.array(v.strictObject({ id: v.string(), reason: v.string(), link: v.string() })),
    }),
  ),
  /** What launches waited for Airlock, to compare with docs/evidence/waits.md. */
  waits: v.array(
    v.strictObject({
      measure: v.string(),
      launches: v.number(),
      p50: v.number(),
      p95: v.number(),
      max: v.number(),
      aimMs: v.number(),
    }),
  ),
  /** Commands of SSM, and how many nodes each served on average. */
  commands: v.strictObject({ sent: v.number(), nodesPerCommand: v.number() }),
  /** US dollars, estimated from the amounts that the local cloud counts for a launch and for an idle month. */
  cost: v.strictObject({
    launches: v.strictObject({ from: v.number(), to: v.number() }),
    standing: v.number(),
    pricesOf: v.string(),
  }),
  notChecked: v.array(v.strictObject({ resource: v.string(), reason: v.string() })),
});

/** What happened in a period. */
export type Report = v.InferOutput<typeof ReportSchema>;

import * as v from 'valibot';
import { severities } from '../advisories.ts';
import { runtimes } from '../runtimes.ts';
import { TimeSchema } from '../time.ts';

/** The days of a week, as `windows` in `airlock.yaml` names them. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** A number of nodes, or a share of a pool in percent. */
const ShareSchema = v.union([v.strictObject({ nodes: v.number() }), v.strictObject({ percent: v.number() })]);

/** A number of nodes, or a share of a pool in percent. */
export type Share = Readonly<v.InferOutput<typeof ShareSchema>>;

/** When a rollout may take nodes out of service. A window that ends before it begins goes on to the next day. */
const WindowSchema = v.strictObject({
  days: v.pipe(v.array(v.picklist(weekdays)), v.readonly()),
  /** Quarters of an hour since midnight in its time zone. */
  from: v.number(),
  to: v.number(),
  /** A name of the IANA database, for instance Europe/Berlin. */
  timeZone: v.string(),
});

/** When a rollout may take nodes out of service. */
export type Window = Readonly<v.InferOutput<typeof WindowSchema>>;

/** An advisory that has to be fixed by a time. */
const DeadlineSchema = v.strictObject({
  id: v.string(),
  runtime: v.picklist(runtimes),
  severity: v.picklist(severities),
  /** The ranges of versions that it affects. */
  affected: v.pipe(
    v.array(v.strictObject({ from: v.optional(v.string()), before: v.optional(v.string()) })),
    v.readonly(),
  ),
  due: TimeSchema,
});

/** An advisory that has to be fixed by a time. */
export type Deadline = Readonly<v.InferOutput<typeof DeadlineSchema>>;

/** What a pool may set for itself, with defaults filled in. */
const PoolRolloutSchema = v.strictObject({
  /** How many nodes of a pool have the version after each wave. The last wave is the whole pool. */
  waves: v.pipe(v.array(ShareSchema), v.readonly()),
  /** How long a proven wave is watched before the next one begins. */
  soakMinutes: v.number(),
  /** How many nodes of a pool may be behind their gates while a rollout takes another one out of service. */
  maxUnavailable: ShareSchema,
  /**
   * How long a node that gives way may keep its sandboxes before it is terminated. Absent: until its autoscaler removes
   * it.
   */
  maxDisruptionMinutes: v.optional(v.number()),
  /** Absent: at any time. */
  windows: v.optional(v.pipe(v.array(WindowSchema), v.readonly())),
});

/** How versions roll through one pool. */
export interface RolloutSettings extends Readonly<v.InferOutput<typeof PoolRolloutSchema>> {
  readonly deadlines: readonly Deadline[];
}

const { waves, soakMinutes, maxUnavailable, ...optional } = PoolRolloutSchema.entries;

/** What one pool has instead of the settings of all pools. */
const OwnRolloutSchema = v.strictObject({
  name: v.string(),
  waves: v.exactOptional(waves),
  soakMinutes: v.exactOptional(soakMinutes),
  maxUnavailable: v.exactOptional(maxUnavailable),
  ...optional,
});

/** How versions roll through the fleet: the settings of every pool, and what single pools have instead. */
export const FleetRolloutSchema = v.strictObject({
  ...PoolRolloutSchema.entries,
  deadlines: v.pipe(v.array(DeadlineSchema), v.readonly()),
  /** A list, because a pool may have any name. */
  pools: v.optional(v.pipe(v.array(OwnRolloutSchema), v.readonly())),
});

/** How versions roll through the fleet. */
export type FleetRollout = Readonly<v.InferOutput<typeof FleetRolloutSchema>>;

/** Resolves the settings of a pool. Deadlines are those of the fleet. */
export function rolloutSettingsOf({ pools = [], ...settings }: FleetRollout, pool: string): RolloutSettings {
  const { name: _, ...own } = pools.find(({ name }) => name === pool) ?? {};
  return { ...settings, ...own };
}

/**
 * How many nodes a share of a pool is.
 *
 * @param round shares of percent become whole nodes this way
 * @returns at least 1
 */
export function nodesOf(share: Share, poolSize: number, round: (value: number) => number): number {
  return Math.max(1, 'nodes' in share ? share.nodes : round((share.percent * poolSize) / 100));
}

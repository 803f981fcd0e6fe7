import * as v from 'valibot';
import { pendingActOf } from '../../domain/rollout/acts.ts';
import { type ReadRollout, rolloutActs, rolloutWaits } from '../../domain/rollout/rollout.ts';
import { runtimes } from '../../domain/runtimes.ts';

const scope = { cluster: v.string(), pool: v.string(), runtime: v.picklist(runtimes), target: v.string() };

/** One rollout as the command shows it, with the latest act of an operator about it. Times are ISO 8601. */
export const ShownRolloutSchema = v.strictObject({
  ...scope,
  /** The version that new launches get. */
  configured: v.string(),
  /** The version that most nodes had. */
  before: v.optional(v.string()),
  startedAt: v.string(),
  /** The index of the current wave, from 0. */
  wave: v.number(),
  /** When all nodes of the current wave were proven. */
  provenAt: v.optional(v.string()),
  pausedAt: v.optional(v.string()),
  stoppedAt: v.optional(v.string()),
  stoppedBecause: v.optional(v.string()),
  /** The operator who aborted it. */
  abortedBy: v.optional(v.string()),
  finishedAt: v.optional(v.string()),
  /** Why the latest act of an operator was not followed. */
  refusedAct: v.optional(v.string()),
  /** How many nodes have the target, and how many follow the pool. */
  done: v.number(),
  total: v.number(),
  /** The nodes whose tag names a withdrawn version. */
  pinnedToWithdrawn: v.number(),
  waitsFor: v.picklist(rolloutWaits),
  waitsUntil: v.optional(v.string()),
  /** An act that reconcile has not followed yet. */
  asked: v.optional(v.picklist(rolloutActs)),
});

/** One rollout as the command shows it. */
export type ShownRollout = v.InferOutput<typeof ShownRolloutSchema>;

/** A rollout as commands show it. */
export function shownRollout(read: ReadRollout): ShownRollout {
  const { members: _, unpublished: __, actAt: ___, ...rest } = read.rollout;
  const pending = pendingActOf(read);
  return { ...rest, ...(pending === undefined ? {} : { asked: pending.act }) };
}

/** Whether a rollout stopped because something failed: an operator's abort is none. */
export function hasStoppedItself({ stoppedAt, abortedBy }: ShownRollout): boolean {
  return stoppedAt !== undefined && abortedBy === undefined;
}

/** What `airlock rollout --json` prints. */
export const RolloutsSchema = v.strictObject({ version: v.literal(1), rollouts: v.array(ShownRolloutSchema) });

/** What `airlock rollout pause --json`, and the other acts, print. */
export const RolloutActReportSchema = v.strictObject({
  version: v.literal(1),
  act: v.picklist(rolloutActs),
  rollouts: v.array(
    v.strictObject({
      ...scope,
      done: v.boolean(),
      /** Why it was not done. */
      because: v.optional(v.string()),
    }),
  ),
});

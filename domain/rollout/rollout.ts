import * as v from 'valibot';
import { claim } from '../claim-text.ts';
import type { LedgerKey } from '../ledger.ts';
import type { Change } from '../ledger-change.ts';
import { runtimes } from '../runtimes.ts';
import { TimeSchema } from '../time.ts';

/** What a rollout waits for. */
export const rolloutWaits = ['runs', 'room', 'window', 'soak', 'resume', 'version', 'nothing'] as const;

/** The events of a rollout that are published after its record was written. */
export const rolloutEvents = ['Rollout Started', 'Rollout Wave Done', 'Rollout Stopped', 'Rollout Finished'] as const;

/** An event of a rollout. */
export type RolloutEvent = (typeof rolloutEvents)[number];

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A rollout of one version of a runtime through one pool, as the ledger has it. */
export const RolloutSchema = v.object({
  cluster: claim(255),
  /** `none` for the nodes of a cluster without a pool. */
  pool: claim(255),
  runtime: v.picklist(runtimes),
  /** The version that the pool's nodes get. */
  target: claim(80),
  /** The version that new launches get. It differs from the target only after `airlock rollout rollback`. */
  configured: claim(80),
  /** The version that most nodes had when it began. */
  before: v.optional(claim(80)),
  startedAt: TimeSchema,
  /** The index of the current wave. */
  wave: count,
  /** The instances of the current wave. */
  members: v.array(v.string()),
  /** When all nodes of the current wave were proven. */
  provenAt: v.optional(TimeSchema),
  pausedAt: v.optional(TimeSchema),
  stoppedAt: v.optional(TimeSchema),
  stoppedBecause: v.optional(claim()),
  /** The operator who aborted it. */
  abortedBy: v.optional(claim(300)),
  finishedAt: v.optional(TimeSchema),
  /** The time of the latest act of an operator that was followed. */
  actAt: v.optional(TimeSchema),
  /** Why the latest act of an operator was not followed. */
  refusedAct: v.optional(claim()),
  /** How many nodes have the target, and how many there are, as the latest pass saw them. */
  done: count,
  total: count,
  /** The nodes whose tag pins a withdrawn version: no rollout moves them. */
  pinnedToWithdrawn: count,
  waitsFor: v.picklist(rolloutWaits),
  waitsUntil: v.optional(TimeSchema),
  /** Events that are not published yet. */
  unpublished: v.array(v.picklist(rolloutEvents)),
});

/** A rollout of one version of a runtime through one pool, as the ledger has it. */
export type Rollout = Readonly<v.InferOutput<typeof RolloutSchema>>;

/** What an operator may do about a rollout. */
export const rolloutActs = ['pause', 'resume', 'abort', 'rollback'] as const;

/** What an operator may do about a rollout. */
export const RolloutActSchema = v.object({
  act: v.picklist(rolloutActs),
  /** The version to go back to. */
  to: v.optional(claim(80)),
  /** The ARN of the caller, as AWS knows it. */
  by: claim(300),
  at: TimeSchema,
  because: claim(500),
});

/** The last act of an operator about a rollout. Only operators may write it. */
export type RolloutAct = Readonly<v.InferOutput<typeof RolloutActSchema>>;

/** The nodes that a rollout is about. */
export type RolloutScope = Pick<Rollout, 'cluster' | 'pool' | 'runtime'>;

/** The partition of all rollouts. No instance has such an id. */
export const rolloutsPartition = 'rollouts';

/** Names a rollout, unique in the ledger. */
export function rolloutName({ cluster, pool, runtime }: RolloutScope): string {
  return `${cluster} ${pool} ${runtime}`;
}

/** The ledger key of a rollout. */
export function rolloutKey(scope: RolloutScope): LedgerKey {
  return { instanceId: rolloutsPartition, launchedAt: rolloutName(scope) };
}

/** A rollout as it was read: the next change of its record holds only if no other pass changed it since. */
export interface ReadRollout {
  readonly rollout: Rollout;
  readonly revision: number;
  readonly act?: RolloutAct | undefined;
}

/** The changes of a rollout's record. Each pass writes before it acts, and only over what it has read. */
export const rolloutChanges = {
  startRollout: {
    by: ['reconcile'],
    condition: 'attribute_not_exists(#revision)',
    set: ['rollout', 'revision'],
  },
  recordRollout: {
    by: ['reconcile'],
    condition: '#revision = :was',
    set: ['rollout', 'revision'],
  },
  /**
   * Operators make it, with their own roles. Its condition names only a key, so that their roles need no other
   * attribute.
   */
  recordRolloutAct: { by: [], condition: 'attribute_exists(#instanceId)', set: ['rolloutAct'] },
} as const satisfies Readonly<Record<string, Change<'rollout' | 'revision' | 'rolloutAct'>>>;

const ItemSchema = v.object({
  rollout: v.pipe(v.string(), v.parseJson(), RolloutSchema),
  revision: v.pipe(v.number(), v.integer(), v.minValue(1)),
  rolloutAct: v.fallback(v.optional(v.pipe(v.string(), v.parseJson(), RolloutActSchema)), undefined),
});

/** Reads a rollout from the table. Returns undefined if the item is none. */
export function readRolloutItem(item: unknown): ReadRollout | undefined {
  const read = v.safeParse(ItemSchema, item);
  if (!read.success) return undefined;
  const { rollout, revision, rolloutAct: act } = read.output;
  return { rollout, revision, act };
}

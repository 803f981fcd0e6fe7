import * as v from 'valibot';
import type { Launch } from './launch.ts';
import type { LedgerKey } from './ledger.ts';
import type { Change } from './ledger-change.ts';

/**
 * The first agent that passes parameters to a script in its environment. An older one inserts them into the script's
 * text.
 */
export const firstSafeAgent = '3.3.2746.0';

/** The nodes of one pool: they boot the same image, so their agents come online after about the same time. */
export type PoolScope = Pick<Launch, 'cluster' | 'pool'>;

/** The longest time that counts, in seconds. A node controls when its agent comes online, so its effect is bounded. */
const longestArrival = 600;

/** How many arrivals of a pool are kept: the latest. */
const kept = 20;

/** How long after the launch the agents of a pool came online, in seconds, the latest last. */
export const ArrivalsSchema = v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(longestArrival)));

export type Arrivals = v.InferOutput<typeof ArrivalsSchema>;

/** The sort key of a pool's agent history. No launch time has this form. */
const sortKey = 'agents';

/** The ledger key of a pool's agent history. */
export function agentsKey({ cluster, pool }: PoolScope): LedgerKey {
  return { instanceId: `agents ${cluster} ${pool}`, launchedAt: sortKey };
}

/** The changes of a pool's agent history. */
export const agentsChanges = {
  recordArrivals: {
    by: ['dispatch'],
    condition: 'attribute_not_exists(#arrivals) OR #arrivals = :known',
    set: ['arrivals', 'expiresAt'],
  },
} as const satisfies Readonly<Record<string, Change<'arrivals' | 'expiresAt'>>>;

/**
 * Whether an arrival helps to predict the next one. A node without a pool predicts no other, and a rerun finds its
 * agent online.
 */
export function isInformative({ instanceId, pool, rerun }: Pick<Launch, 'instanceId' | 'pool' | 'rerun'>): boolean {
  return pool !== instanceId && rerun === undefined;
}

/** How long after a launch its agent came online, in seconds. */
export function arrivalOf(launchedAt: string, onlineAt: string): number {
  const seconds = Math.round((Date.parse(onlineAt) - Date.parse(launchedAt)) / 1_000);
  return Math.min(longestArrival, Math.max(0, seconds));
}

/** Adds arrivals to a pool's history. */
export function withArrivals(known: Arrivals, more: Arrivals): Arrivals {
  return [...known, ...more].slice(-kept);
}

/** When the agent of a launch is likely to come online, in seconds after the launch. */
export interface Likely {
  readonly from: number;
  readonly to: number;
  /** How often to poll in that time, in seconds. */
  readonly every: number;
}

/** The prediction for a pool without history: Ubuntu's images take 15 to 40 seconds. */
const unknown: Likely = { from: 10, to: 45, every: 2 };

/**
 * The maximum number of polls while an agent is likely to come. If arrivals vary widely, each poll finds fewer agents.
 */
const looks = 30;

/** Predicts when the next agent of a pool comes online: between the 10th and 90th percentile, with a margin. */
export function likelyArrival(arrivals: Arrivals): Likely {
  if (arrivals.length === 0) return unknown;
  const sorted = arrivals.toSorted((one, other) => one - other);
  const quantile = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const margin = Math.max(2, quantile(0.5) / 20);
  const from = Math.max(0, Math.floor(quantile(0.1) - margin));
  const to = Math.ceil(quantile(0.9) + margin);
  return { from, to, every: Math.max(1, Math.round((to - from) / looks)) };
}

import * as v from 'valibot';
import type { Launch } from './launch.ts';
import type { LedgerKey } from './ledger.ts';

/** The nodes of one pool: they boot the same image, and so their agents come online after much the same time. */
export type PoolScope = Pick<Launch, 'cluster' | 'pool'>;

/** The longest time that counts, in seconds. A node's agent comes when the node lets it, so what one shows is bounded. */
const longestArrival = 600;

/** How many arrivals are kept: the latest ones of a pool. */
const kept = 20;

/** After how many seconds from their launch agents of a pool came online, the latest last. */
export const ArrivalsSchema = v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(longestArrival)));

/** After how many seconds from their launch agents of a pool came online, the latest last. */
export type Arrivals = v.InferOutput<typeof ArrivalsSchema>;

/** The sort key of a pool's row: no launch has such a time. */
const sortKey = 'agents';

/** The key of the ledger's row about a pool's agents. */
export function agentsKey({ cluster, pool }: PoolScope): LedgerKey {
  return { instanceId: `agents ${cluster} ${pool}`, launchedAt: sortKey };
}

/** Whether a node's arrival says something about the next one: a node without a pool stands for itself, and a rerun finds its agent online. */
export function isInformative({ instanceId, pool, rerun }: Pick<Launch, 'instanceId' | 'pool' | 'rerun'>): boolean {
  return pool !== instanceId && rerun === undefined;
}

/** After how many seconds from a launch its agent came online. */
export function arrivalOf(launchedAt: string, onlineAt: string): number {
  const seconds = Math.round((Date.parse(onlineAt) - Date.parse(launchedAt)) / 1_000);
  return Math.min(longestArrival, Math.max(0, seconds));
}

/** Adds arrivals to those that a pool has shown. */
export function withArrivals(known: Arrivals, more: Arrivals): Arrivals {
  return [...known, ...more].slice(-kept);
}

/** When the agent of a launch is likely to come online, in seconds after it. */
export interface Likely {
  readonly from: number;
  readonly to: number;
  /** How often it is worth to look meanwhile, in seconds. */
  readonly every: number;
}

/** What holds of a pool that has shown nothing yet: Ubuntu's images take 15 to 40 seconds. */
const unknown: Likely = { from: 10, to: 45, every: 2 };

/** How many looks a node is worth while its agent is likely to come: if agents come at any time, each look finds less. */
const looks = 30;

/** When the next agent of a pool is likely to come online: around when nine of ten did. */
export function likelyArrival(arrivals: Arrivals): Likely {
  if (arrivals.length === 0) return unknown;
  const sorted = arrivals.toSorted((one, other) => one - other);
  const quantile = (share: number) => sorted[Math.round((sorted.length - 1) * share)] ?? 0;
  const margin = Math.max(2, quantile(0.5) / 20);
  const from = Math.max(0, Math.floor(quantile(0.1) - margin));
  const to = Math.ceil(quantile(0.9) + margin);
  return { from, to, every: Math.max(1, Math.round((to - from) / looks)) };
}

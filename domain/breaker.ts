import * as v from 'valibot';
import type { Launch, Request } from './launch.ts';
import type { LedgerKey } from './ledger.ts';

/** When a breaker opens, as configured in `airlock.yaml`. */
export const BreakerLimitsSchema = v.strictObject({
  /** The minimum number of failures, so that one bad host does not stop a small pool. */
  failures: v.number(),
  /** The minimum share of failures among all launches that ended in the window, in percent. */
  sharePercent: v.number(),
  /** How long a window lasts, in minutes from its first failure. */
  windowMinutes: v.number(),
});

export type BreakerLimits = Readonly<v.InferOutput<typeof BreakerLimitsSchema>>;

/** The scope of a breaker: the nodes of one pool that request the same version. */
export interface Scope {
  readonly cluster: string;
  readonly pool: string;
  /** `<runtime>@<version>`, or `refused` for nodes that request a runtime that is not configured. */
  readonly version: string;
}

/**
 * A breaker as the ledger has it. A window begins with a failure and counts failures and successes. Each change is a
 * conditional update. Failures are members of a set, so each counts once however often it is reported.
 */
export interface Breaker {
  readonly state?: 'open' | 'closed' | undefined;
  readonly openedAt?: string | undefined;
  /** When its opening was published. */
  readonly publishedAt?: string | undefined;
  readonly windowStart?: string | undefined;
  /** The launches that failed in the window. */
  readonly failed: readonly string[];
  /** How many nodes were released since the window began. */
  readonly passed: number;
  /** The launch that is tried while the breaker is open, and until when. */
  readonly probe?: string | undefined;
  readonly probeUntil?: string | undefined;
}

/**
 * How long a launch may be the probe, in milliseconds, however far away its deadline is. An installation and a version
 * take two minutes. A probe that hangs must not keep its pool's breaker open.
 */
const probeMs = 10 * 60_000;

/**
 * How long a launch whose time as the probe has run out lets others become the probe, in milliseconds. A waiting node
 * is checked at least every minute.
 */
const probeRestMs = 90_000;

/** Until when a launch may be the probe, ISO 8601. */
export function probeUntil({ deadline }: Pick<Launch, 'deadline'>, now: number): string {
  return new Date(Math.min(Date.parse(deadline), now + probeMs)).toISOString();
}

/**
 * Whether a launch may be tried while a breaker is open. `mine`: it is the probe already, and its time is not extended.
 * `ask`: it may apply. `wait`: another launch is the probe, or its own time as the probe has just run out.
 */
export function probeFor({ probe, probeUntil: until }: Breaker, launch: string, now: number): 'mine' | 'ask' | 'wait' {
  if (probe === undefined || until === undefined) return 'ask';
  const left = Date.parse(until) - now;
  if (probe === launch) return left >= 0 ? 'mine' : left < -probeRestMs ? 'ask' : 'wait';
  return left < 0 ? 'ask' : 'wait';
}

/** What a failure does to a breaker. */
export type Count =
  /** The first failure of a new window. */
  | 'start'
  /** Another failure in the window. */
  | 'add'
  /** The breaker is open already: only the probe matters. */
  | 'none';

/** The scope that a node belongs to. */
export function scopeOf({ cluster, pool }: Pick<Launch, 'cluster' | 'pool'>, request: Request | undefined): Scope {
  return { cluster, pool, version: request === undefined ? 'refused' : `${request.runtime}@${request.version}` };
}

/** The sort key of a breaker's record. No launch time has this form. */
const sortKey = 'breaker';

/** The ledger key of a breaker. */
export function breakerKey({ cluster, pool, version }: Scope): LedgerKey {
  return { instanceId: `breaker ${cluster} ${pool} ${version}`, launchedAt: sortKey };
}

/** Whether a breaker holds back new launches of its scope. */
export function isOpen(breaker: Breaker | undefined): boolean {
  return breaker?.state === 'open';
}

/**
 * Decides how one more failure counts.
 *
 * @param now milliseconds since the epoch
 */
export function countFailure(breaker: Breaker | undefined, now: number, { windowMinutes }: BreakerLimits): Count {
  if (isOpen(breaker)) return 'none';
  if (breaker?.windowStart === undefined) return 'start';
  const start = Date.parse(breaker.windowStart);
  // The failures that opened the breaker are spent: after it closes, counting starts again.
  const spent = breaker.openedAt !== undefined && Date.parse(breaker.openedAt) >= start;
  return spent || now >= start + windowMinutes * 60_000 ? 'start' : 'add';
}

/**
 * How long the call that opened a breaker may take to publish that, in milliseconds: longer than the function may run.
 */
const publishGraceMs = 45_000;

/**
 * Whether the opening of a breaker was not published because the call that opened it died. A counted launch is judged
 * again only if its own call died, so it publishes at once. Every other launch first gives the call that opened the
 * breaker its time.
 */
export function isUnpublished({ state, openedAt, publishedAt, failed }: Breaker, launch: string, now: number): boolean {
  if (state !== 'open' || publishedAt !== undefined || openedAt === undefined) return false;
  return failed.includes(launch) || now - Date.parse(openedAt) > publishGraceMs;
}

/** Whether the counts open the breaker. */
export function isOverLimits({ state, failed, passed }: Breaker, { failures, sharePercent }: BreakerLimits): boolean {
  if (state === 'open' || failed.length < failures) return false;
  return failed.length * 100 >= sharePercent * (failed.length + passed);
}

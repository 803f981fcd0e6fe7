import type { Launch, Request } from './launch.ts';
import type { LedgerKey } from './ledger.ts';

/** When a breaker opens, as `airlock.yaml` says it. */
export interface BreakerLimits {
  /** The least number of failures. Below it one bad host would stop a small pool. */
  readonly failures: number;
  /** Their least share among all that ended in the window, in percent. */
  readonly sharePercent: number;
  /** How long a window lasts, in minutes from its first failure. */
  readonly windowMinutes: number;
}

/** What a breaker is about: the nodes of one pool that ask for the same. */
export interface Scope {
  readonly cluster: string;
  readonly pool: string;
  /** `<runtime>@<version>`, or `refused` for nodes whose tag asks for nothing that is to be had. */
  readonly version: string;
}

/**
 * A breaker as the ledger has it. A window opens with a failure; failures and successes in it are counted. Each change is a conditional
 * update, and a failure is a member of a set, so that it counts once however often it is reported.
 */
export interface Breaker {
  readonly state?: 'open' | 'closed' | undefined;
  readonly openedAt?: string | undefined;
  /** When its opening was told. */
  readonly publishedAt?: string | undefined;
  readonly windowStart?: string | undefined;
  /** The launches that failed in the window. */
  readonly failed: readonly string[];
  /** How many nodes were released since the window opened. */
  readonly passed: number;
  /** The one launch that is tried while the breaker is open, and until when it may be. */
  readonly probe?: string | undefined;
  readonly probeUntil?: string | undefined;
}

/**
 * How long a launch may be the one that is tried, in milliseconds, however far its deadline is: an installation and a version take two minutes. One
 * that hangs must not keep the breaker of its pool open.
 */
const probeMs = 10 * 60_000;

/** How long a launch whose trial lapsed leaves the next one to others, in milliseconds: a waiting node is looked at every minute at least. */
const probeRestMs = 90_000;

/** Until when a launch may be the one that is tried, ISO 8601. */
export function probeUntil({ deadline }: Pick<Launch, 'deadline'>, now: number): string {
  return new Date(Math.min(Date.parse(deadline), now + probeMs)).toISOString();
}

/**
 * Whether a launch may be tried while a breaker is open. `mine`: it is the one already, and its time is not renewed. `ask`: it may ask to be. `wait`:
 * another one is, or its own trial has just lapsed.
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
  /** One more in the window. */
  | 'add'
  /** It is open already: only the probe matters. */
  | 'none';

/** The scope that a node belongs to. */
export function scopeOf({ cluster, pool }: Pick<Launch, 'cluster' | 'pool'>, request: Request | undefined): Scope {
  return { cluster, pool, version: request === undefined ? 'refused' : `${request.runtime}@${request.version}` };
}

/** The sort key of a breaker's row: no launch has such a time. */
const sortKey = 'breaker';

/** The key of a breaker's row in the ledger. */
export function breakerKey({ cluster, pool, version }: Scope): LedgerKey {
  return { instanceId: `breaker ${cluster} ${pool} ${version}`, launchedAt: sortKey };
}

/** Whether a breaker holds new launches of its scope back. */
export function isOpen(breaker: Breaker | undefined): boolean {
  return breaker?.state === 'open';
}

/**
 * What one more failure does.
 *
 * @param now milliseconds since the epoch
 */
export function countFailure(breaker: Breaker | undefined, now: number, { windowMinutes }: BreakerLimits): Count {
  if (isOpen(breaker)) return 'none';
  if (breaker?.windowStart === undefined) return 'start';
  const start = Date.parse(breaker.windowStart);
  // What opened the breaker has had its consequence: after it is closed, counting begins again.
  const spent = breaker.openedAt !== undefined && Date.parse(breaker.openedAt) >= start;
  return spent || now >= start + windowMinutes * 60_000 ? 'start' : 'add';
}

/** How long the call that opened a breaker may take to tell of it, in milliseconds: longer than the function may run. */
const publishGraceMs = 45_000;

/**
 * Whether no one tells of a breaker that is open: the call that opened it died. A launch that has been counted is judged again only if its
 * own call died, and tells at once; every other one leaves the call that opened the breaker its time.
 */
export function isUnpublished({ state, openedAt, publishedAt, failed }: Breaker, launch: string, now: number): boolean {
  if (state !== 'open' || publishedAt !== undefined || openedAt === undefined) return false;
  return failed.includes(launch) || now - Date.parse(openedAt) > publishGraceMs;
}

/** Whether what was counted opens the breaker. */
export function shallOpen({ state, failed, passed }: Breaker, { failures, sharePercent }: BreakerLimits): boolean {
  if (state === 'open' || failed.length < failures) return false;
  return failed.length * 100 >= sharePercent * (failed.length + passed);
}

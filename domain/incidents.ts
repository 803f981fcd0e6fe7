import { type LedgerKey, poolNameOf, type RunRecord } from './ledger.ts';
import type { Change } from './ledger-change.ts';
import { endingOf, makesRoom, type OutcomeCode } from './outcomes.ts';

/** The nodes of one pool that failed with the same outcome: they are reported together. */
export interface IncidentScope {
  readonly cluster: string;
  /** `none` for launches without a pool. */
  readonly pool: string;
  readonly outcome: OutcomeCode;
}

/** An incident as the ledger has it: what was published about it. */
export interface Incident extends IncidentScope {
  /** When its first and its last failure were recorded, ISO 8601. */
  readonly since: string;
  readonly lastAt: string;
  /** How many nodes were reported. */
  readonly nodes: number;
  /** When it was last reported. */
  readonly reportedAt: string;
  readonly closedAt?: string | undefined;
}

/** How a run ended, as far as incidents are concerned. */
export interface EndedRun extends IncidentScope {
  readonly instanceId: string;
  readonly detail: string;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly ending: NonNullable<RunRecord['ending']>;
  /** `<runtime>@<version>` as requested; absent if the request was refused. */
  readonly version?: string;
}

/** Something to publish about an incident. */
export interface Notice {
  readonly type: 'Incident Opened' | 'Incident Grew' | 'Incident Closed';
  readonly incident: Incident;
  /** Its latest failure; absent once EC2 no longer shows any of its instances. */
  readonly example?: EndedRun;
  /** Whether a node of the pool was released after the last failure; `false` if it was only quiet. */
  readonly released?: boolean;
  /** How many more incidents opened without a separate message; absent if none. */
  readonly more?: number;
}

const minuteMs = 60_000;

/**
 * How old a failure may be to open an incident: older ones were there before Airlock looked, or before it could report.
 */
const freshMs = 60 * minuteMs;

/** How long a pool must be free of the failure before a release closes the incident. */
const calmMs = 10 * minuteMs;

/** How long without the failure, and without a release, an incident stays open. */
const quietMs = 6 * 60 * minuteMs;

/** How often an incident that grows is reported at most, unless it grew tenfold. */
const repeatMs = 60 * minuteMs;

/** What a reconcile run does about incidents. */
export interface IncidentPlan {
  readonly notices: readonly Notice[];
  /**
   * Incidents that are recorded without a message: those that {@link Notice.more} counts, and open ones whose nodes
   * failed again.
   */
  readonly silent: readonly Incident[];
}

/** A pool in which a node that failed is tried again. */
export type RetriedPool = Pick<IncidentScope, 'cluster' | 'pool'>;

/**
 * How many notices one reconcile run publishes at most. Of more incidents that open the last one states how many, and
 * the next run publishes the rest of the others.
 */
export const mostNotices = 5;

/** Reads how a run ended. Returns undefined for a run without an end, and for one that says nothing about its pool. */
export function endedRunOf(run: RunRecord): EndedRun | undefined {
  const { instanceId, cluster, pool, outcome, endedAt, ending, receipt, failure, request } = run;
  if (outcome === undefined || endedAt === undefined || ending === undefined || ending === 'discarded')
    return undefined;
  // A node that makes room in a rollout has not failed.
  if (makesRoom(outcome)) return undefined;
  return {
    instanceId,
    cluster,
    pool: poolNameOf({ instanceId, pool }),
    outcome,
    endedAt,
    ending,
    detail: receipt?.detail ?? failure?.detail ?? '',
    ...(request === undefined ? {} : { version: `${request.runtime}@${request.version}` }),
  };
}

/** Reads whether a run tries a node again that failed, and has not ended. What it failed with shows when it has. */
export function retriedPoolOf(run: RunRecord): RetriedPool | undefined {
  const { outcome, launch, cluster } = run;
  if (outcome !== undefined || launch?.rerun === undefined) return undefined;
  if (launch.rerun.why === 'drifted' || launch.rerun.why === 'rollout') return undefined;
  return { cluster, pool: poolNameOf(run) };
}

/** The name of an incident: its thread in a chat, and its key for deduplication. */
export function incidentName({ cluster, pool, outcome }: IncidentScope): string {
  return `${cluster} ${pool} ${outcome}`;
}

/**
 * Decides what to publish about the failures of a fleet: once if nodes of a pool begin to fail alike, again if there
 * are ten times as many or more of them after an hour, and once if it is over. It is not over while a node of the pool
 * that failed is tried again.
 *
 * @param runs the ends of the latest runs of every launch that EC2 shows, replaced ones included
 * @param retried the pools in which nodes that failed are tried again now
 * @param known the incidents in the ledger
 * @param now milliseconds since the epoch
 * @returns at most {@link mostNotices} notices: those that open first, and of them the largest
 */
export function decideNotices(
  runs: readonly EndedRun[],
  retried: readonly RetriedPool[],
  known: readonly Incident[],
  now: number,
): IncidentPlan {
  const failures = Map.groupBy(runs.filter(hasFailed), incidentName);
  const releases = runs.filter(({ ending }) => ending === 'released');
  const scopes = new Map([...runs.filter(hasFailed), ...known].map((one) => [incidentName(one), one]));
  const notices = [...scopes].flatMap(([name, scope]) => {
    const incident = known.find((one) => incidentName(one) === name);
    const failed = (failures.get(name) ?? []).toSorted((one, other) => (one.endedAt < other.endedAt ? -1 : 1));
    const notice =
      incident === undefined || incident.closedAt !== undefined
        ? opening(scope, failed, incident?.lastAt ?? '', now)
        : (closing(incident, failed, releases, retried, now) ?? growth(incident, failed, now));
    return notice ?? [];
  });
  const moved = known.flatMap((incident) => {
    const lastAt = lastFailure(incident, failures.get(incidentName(incident)) ?? []);
    return incident.closedAt === undefined && lastAt !== incident.lastAt ? [{ ...incident, lastAt }] : [];
  });
  return bounded(notices, moved);
}

/** Bounds what is published. No incident that opens is lost: what has no separate message is recorded and counted. */
function bounded(notices: readonly Notice[], moved: readonly Incident[]): IncidentPlan {
  const isOpening = ({ type }: Notice) => type === 'Incident Opened';
  const sorted = notices.toSorted(
    (one, other) => Number(isOpening(other)) - Number(isOpening(one)) || other.incident.nodes - one.incident.nodes,
  );
  const more = sorted.slice(mostNotices).filter(isOpening);
  const published = sorted
    .slice(0, mostNotices)
    .map((notice, at) => (more.length > 0 && at === mostNotices - 1 ? { ...notice, more: more.length } : notice));
  const named = new Set(published.map(({ incident }) => incidentName(incident)));
  return {
    notices: published,
    silent: [...more.map(({ incident }) => incident), ...moved.filter((one) => !named.has(incidentName(one)))],
  };
}

/** When a node of an incident last failed, ISO 8601. */
function lastFailure({ lastAt }: Incident, failed: readonly EndedRun[]): string {
  return [lastAt, ...failed.map(({ endedAt }) => endedAt)].toSorted().at(-1) ?? lastAt;
}

/** Whether a run failed by itself. What an operator stopped is no news to people. */
function hasFailed({ outcome, ending }: EndedRun): boolean {
  return ending !== 'released' && outcome !== 'closed-by-operator' && !['done', 'discard'].includes(endingOf(outcome));
}

/** @param after failures until then belong to an incident that is closed, ISO 8601 */
function opening(
  { cluster, pool, outcome }: IncidentScope,
  failed: readonly EndedRun[],
  after: string,
  now: number,
): Notice | undefined {
  const fresh = failed.filter(({ endedAt }) => endedAt > after && now - Date.parse(endedAt) < freshMs);
  const [first, example] = [fresh[0], fresh.at(-1)];
  if (first === undefined || example === undefined) return undefined;
  const reportedAt = new Date(now).toISOString();
  const times = { since: first.endedAt, lastAt: example.endedAt, reportedAt };
  return { type: 'Incident Opened', incident: { cluster, pool, outcome, nodes: fresh.length, ...times }, example };
}

function growth(incident: Incident, failed: readonly EndedRun[], now: number): Notice | undefined {
  const own = failed.filter(({ endedAt }) => endedAt >= incident.since);
  const example = own.at(-1);
  // EC2 shows a terminated instance for about an hour: the number that was reported never falls.
  if (example === undefined || own.length <= incident.nodes) return undefined;
  const isDue = own.length >= incident.nodes * 10 || now - Date.parse(incident.reportedAt) >= repeatMs;
  if (!isDue) return undefined;
  const reportedAt = new Date(now).toISOString();
  return {
    type: 'Incident Grew',
    incident: { ...incident, nodes: own.length, lastAt: example.endedAt, reportedAt },
    example,
  };
}

function closing(
  incident: Incident,
  failed: readonly EndedRun[],
  releases: readonly EndedRun[],
  retried: readonly RetriedPool[],
  now: number,
): Notice | undefined {
  if (retried.some(({ cluster, pool }) => cluster === incident.cluster && pool === incident.pool)) return undefined;
  const example = failed.at(-1);
  const lastAt = lastFailure(incident, failed);
  const calm = now - Date.parse(lastAt);
  const released = releases.some(
    ({ cluster, pool, endedAt }) => cluster === incident.cluster && pool === incident.pool && endedAt > lastAt,
  );
  // A held node is tried again by itself, and may fail again.
  const isHeld = failed.some(({ ending }) => ending === 'held');
  if (calm < (released && !isHeld ? calmMs : quietMs)) return undefined;
  const nodes = Math.max(incident.nodes, failed.filter(({ endedAt }) => endedAt >= incident.since).length);
  const at = new Date(now).toISOString();
  return {
    type: 'Incident Closed',
    incident: { ...incident, nodes, lastAt, reportedAt: at, closedAt: at },
    released,
    ...(example === undefined ? {} : { example }),
  };
}

/** The partition of all incidents. No instance has such an id. */
export const incidentsPartition = 'incidents';

/** The ledger key of an incident. */
export function incidentKey(scope: IncidentScope): LedgerKey {
  return { instanceId: incidentsPartition, launchedAt: incidentName(scope) };
}

/** The changes of an incident. Reconcile makes them after it published: a call that dies in between publishes twice. */
export const incidentChanges = {
  recordIncident: {
    by: ['reconcile'],
    set: ['cluster', 'pool', 'outcome', 'since', 'lastAt', 'nodes', 'reportedAt', 'closedAt', 'expiresAt'],
  },
} as const satisfies Readonly<Record<string, Change<keyof Incident | 'expiresAt'>>>;

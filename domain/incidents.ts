import type { LedgerKey, RunRecord } from './ledger.ts';
import type { Change } from './ledger-change.ts';
import { endingOf, type OutcomeCode } from './outcomes.ts';

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
}

const minuteMs = 60_000;

/** How old a failure may be to open an incident: older ones were there before Airlock looked, or before it could report. */
const freshMs = 60 * minuteMs;

/** How long a pool must be free of the failure before a release closes the incident. */
const calmMs = 10 * minuteMs;

/** How long without the failure, and without a release, an incident stays open. */
const quietMs = 6 * 60 * minuteMs;

/** How often an incident that grows is reported at most, unless it grew tenfold. */
const repeatMs = 60 * minuteMs;

/** How many notices one reconcile run publishes at most. The next run publishes the rest. */
export const mostNotices = 5;

/** Reads how a run ended. Returns undefined for a run without an end, and for one that says nothing about its pool. */
export function endedRunOf(run: RunRecord): EndedRun | undefined {
  const { instanceId, cluster, pool, outcome, endedAt, ending, receipt, failure, request } = run;
  if (outcome === undefined || endedAt === undefined || ending === undefined || ending === 'discarded')
    return undefined;
  return {
    instanceId,
    cluster,
    // Without a pool the launch has its own id as pool: each would be an incident.
    pool: pool === instanceId || pool === '' ? 'none' : pool,
    outcome,
    endedAt,
    ending,
    detail: receipt?.detail ?? failure?.detail ?? '',
    ...(request === undefined ? {} : { version: `${request.runtime}@${request.version}` }),
  };
}

/** The name of an incident: its thread in a chat, and its key for deduplication. */
export function incidentName({ cluster, pool, outcome }: IncidentScope): string {
  return `${cluster} ${pool} ${outcome}`;
}

/**
 * Decides what to publish about the failures of a fleet: once if nodes of a pool begin to fail alike, again if there are ten times as many or
 * more of them after an hour, and once if it is over.
 *
 * @param runs the ends of the latest runs of every launch that EC2 shows, replaced ones included
 * @param known the incidents in the ledger
 * @param now milliseconds since the epoch
 * @returns at most {@link mostNotices}, the largest incidents first
 */
export function decideNotices(runs: readonly EndedRun[], known: readonly Incident[], now: number): readonly Notice[] {
  const failures = Map.groupBy(runs.filter(hasFailed), incidentName);
  const releases = runs.filter(({ ending }) => ending === 'released');
  const scopes = new Map([...runs.filter(hasFailed), ...known].map((one) => [incidentName(one), one]));
  const notices = [...scopes].flatMap(([name, scope]) => {
    const incident = known.find((one) => incidentName(one) === name);
    const failed = (failures.get(name) ?? []).toSorted((one, other) => (one.endedAt < other.endedAt ? -1 : 1));
    const notice =
      incident === undefined || incident.closedAt !== undefined
        ? opening(scope, failed, incident?.lastAt ?? '', now)
        : (closing(incident, failed, releases, now) ?? growth(incident, failed, now));
    return notice ?? [];
  });
  return notices.toSorted((one, other) => other.incident.nodes - one.incident.nodes).slice(0, mostNotices);
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
  now: number,
): Notice | undefined {
  const example = failed.at(-1);
  const lastAt = example === undefined || example.endedAt < incident.lastAt ? incident.lastAt : example.endedAt;
  const calm = now - Date.parse(lastAt);
  const released = releases.some(
    ({ cluster, pool, endedAt }) => cluster === incident.cluster && pool === incident.pool && endedAt > lastAt,
  );
  if (calm < (released ? calmMs : quietMs)) return undefined;
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

import type { Request } from '../../domain/launch.ts';
import { addedAimMs, type LaunchWaits, launchWaits, waitsOf } from '../../domain/launch-waits.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { outcomeOf } from '../../domain/outcomes.ts';
import { quantiles } from '../../domain/quantile.ts';
import { costOf } from '../costs/estimate.ts';
import type { AuditEvent } from '../explain/story.ts';
import { breakerHistory } from './breakers.ts';
import { course, histogram, type Period } from './course.ts';
import type { Report } from './schema.ts';
import { countBy, nameOfRequest, stateOf } from './states.ts';
import { slowestPhase, timesOf } from './times.ts';

/** What was read of a period. */
export interface PeriodReading {
  /** The runs of launches that began in the period. */
  readonly runs: readonly RunRecord[];
  /** The breakers' events in the period. */
  readonly breakerEvents: readonly AuditEvent[];
  readonly notChecked: Report['notChecked'];
}

/** The advisories of a version: those of the catalogue. */
export type AdvisoriesOf = (request: Request) => Report['versions'][number]['advisories'];

/** How many launches are shown as the worst. */
const mostWorst = 20;

/** Summarizes a period. Its size does not depend on the number of launches. */
export function summarize(
  { runs, breakerEvents, notChecked }: PeriodReading,
  period: Period,
  advisoriesOf: AdvisoriesOf,
): Report {
  const launches = latestOf(runs);
  const released = launches.filter((run) => stateOf(run) === 'released');
  const byState = countBy(launches, stateOf);
  const decided = launches.filter((run) => !['under way', 'discarded'].includes(stateOf(run)));
  return {
    version: 1,
    since: new Date(period.since).toISOString(),
    until: new Date(period.until).toISOString(),
    launches: {
      total: launches.length,
      byState,
      ...(decided.length === 0 ? {} : { releasedPercent: (released.length / decided.length) * 100 }),
    },
    outcomes: outcomesOf(launches),
    times: timesOf(firstReleases(runs)),
    course: course(launches, period),
    histogram: histogram(firstReleases(runs)),
    worst: worstOf(launches),
    breakers: breakerHistory(breakerEvents),
    versions: versionsOf(launches, advisoriesOf),
    waits: waits(firstReleases(runs)),
    commands: commandsOf(runs),
    cost: costOf(launches.length, period.until - period.since),
    notChecked: [...notChecked],
  };
}

/** The latest run of each launch: how the launch stands. */
function latestOf(runs: readonly RunRecord[]): readonly RunRecord[] {
  const latest = new Map<string, RunRecord>();
  for (const run of runs.toSorted((one, other) => (one.launchedAt < other.launchedAt ? -1 : 1)))
    latest.set(`${run.instanceId} ${launchTimeOf(run)}`, run);
  return [...latest.values()];
}

/** First runs that were released: only their times count from the launch. */
function firstReleases(runs: readonly RunRecord[]): readonly RunRecord[] {
  return runs.filter((run) => stateOf(run) === 'released' && run.launchedAt === launchTimeOf(run));
}

function outcomesOf(launches: readonly RunRecord[]): Report['outcomes'] {
  const ended = launches.flatMap(({ outcome }) => outcome ?? []);
  return Object.entries(countBy(ended, (outcome) => outcome))
    .map(([outcome, count]) => ({
      outcome,
      launches: count,
      sentence: outcomeOf(outcome as (typeof ended)[number]).sentence,
    }))
    .toSorted((one, other) => other.launches - one.launches);
}

function worstOf(launches: readonly RunRecord[]): Report['worst'] {
  const ended = launches.filter(({ endedAt }) => endedAt !== undefined);
  const [failures, releases] = [false, true].map((isReleased) =>
    ended.filter((run) => (stateOf(run) === 'released') === isReleased && stateOf(run) !== 'discarded'),
  );
  const slowest = (releases ?? []).toSorted((one, other) => totalMs(other) - totalMs(one));
  const recent = (failures ?? []).toSorted((one, other) => ((one.endedAt ?? '') < (other.endedAt ?? '') ? 1 : -1));
  const room = Math.max(mostWorst - recent.length, mostWorst / 4);
  return [...recent.slice(0, mostWorst - Math.min(room, slowest.length)), ...slowest.slice(0, room)].map((run) => ({
    instanceId: run.instanceId,
    nodeName: run.launch?.nodeName ?? '',
    cluster: run.cluster,
    pool: run.pool,
    request: nameOfRequest(run),
    outcome: run.outcome ?? '',
    totalMs: totalMs(run),
    slowest: slowestPhase(run),
    detail: run.receipt?.detail ?? run.failure?.detail ?? '',
  }));
}

function totalMs(run: RunRecord): number {
  return Math.max(Date.parse(run.endedAt ?? '') - Date.parse(launchTimeOf(run)), 0);
}

function versionsOf(launches: readonly RunRecord[], advisoriesOf: AdvisoriesOf): Report['versions'] {
  const asked = launches.flatMap((run) => (run.request === undefined ? [] : [{ run, request: run.request }]));
  const groups = Map.groupBy(asked, ({ run }) => nameOfRequest(run));
  return [...groups]
    .map(([name, group]) => ({
      request: name,
      launches: group.length,
      released: group.filter(({ run }) => stateOf(run) === 'released').length,
      advisories: group[0] === undefined ? [] : [...advisoriesOf(group[0].request)],
    }))
    .toSorted((one, other) => other.launches - one.launches);
}

function waits(released: readonly RunRecord[]): Report['waits'] {
  const all = released.flatMap(({ receipt }) => (receipt && waitsOf(receipt)) ?? []);
  if (all.length === 0) return [];
  const row = (measure: string, aimMs: number, of: (one: LaunchWaits) => number) => {
    const values = all.map(of);
    const [p50, p95, max] = quantiles(values, [0.5, 0.95, 1]) as [number, number, number];
    return { measure, launches: all.length, p50, p95, max, aimMs };
  };
  return [
    ...Object.entries(launchWaits).map(([name, { measure, aimMs }]) =>
      row(measure, aimMs, (one) => one[name as keyof LaunchWaits]),
    ),
    row('all that is added', addedAimMs, ({ command, answer, release }) => command + answer + release),
  ];
}

function commandsOf(runs: readonly RunRecord[]): Report['commands'] {
  const ids = runs.flatMap(({ commandId }) => commandId ?? []);
  const sent = new Set(ids).size;
  return { sent, nodesPerCommand: sent === 0 ? 0 : ids.length / sent };
}

import * as v from 'valibot';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import type { ReadRollout } from '../../domain/rollout/rollout.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import type { TaggedInstance } from '../../lambdas/doctor/ports.ts';
import { BreakerSchema, type ShownBreaker } from '../breaker-report.ts';
import { hasStoppedItself, ShownRolloutSchema, shownRollout } from '../rollout/report.ts';

/**
 * How a node of the fleet stands. `released by hand`: an operator lifted its gate without a proof. `gone`: it launched,
 * and its cluster has no Node of it. `unknown`: the ledger has no launch of the Node.
 */
const nodeStates = [
  'released',
  'released by hand',
  'under way',
  'quarantined',
  'held',
  'drifted',
  'gated',
  'gone',
  'unknown',
] as const;

/** How a node of the fleet stands. */
export type FleetState = (typeof nodeStates)[number];

/** What needs a person. */
const alarming: readonly FleetState[] = ['released by hand', 'quarantined', 'held', 'drifted', 'gated', 'unknown'];

/** The phases of a launch under way, in their order. */
export const launchPhases = ['admitted', 'waiting for the agent', 'installing', 'in the cluster', 'ending'] as const;

/** What `airlock status --json` prints. */
export const FleetSchema = v.strictObject({
  version: v.literal(1),
  /** When the fleet was looked at, ISO 8601. */
  at: v.string(),
  pools: v.array(
    v.strictObject({
      cluster: v.string(),
      /** Empty for Nodes that the ledger has no launch of. */
      pool: v.string(),
      /** How many nodes are in each state. */
      nodes: v.record(v.string(), v.number()),
      /** How many released nodes have each version, by `<runtime>@<version>`. */
      versions: v.record(v.string(), v.number()),
    }),
  ),
  underWay: v.array(
    v.strictObject({
      instanceId: v.string(),
      nodeName: v.string(),
      cluster: v.string(),
      pool: v.string(),
      phase: v.picklist(launchPhases),
      ageSeconds: v.number(),
      /** When the launch must have ended, ISO 8601. */
      deadline: v.string(),
    }),
  ),
  /** The nodes that need a person, each with the reason. */
  attention: v.array(
    v.strictObject({
      instanceId: v.string(),
      nodeName: v.string(),
      cluster: v.string(),
      pool: v.string(),
      state: v.picklist(nodeStates),
      reason: v.string(),
    }),
  ),
  /**
   * The advisories that affect released nodes, or could affect nodes that are not known; `airlock advisories` names
   * them.
   */
  exposed: v.array(
    v.strictObject({
      id: v.string(),
      runtime: v.string(),
      severity: v.string(),
      /** Whether it withdraws versions, by withdrawAt in airlock.yaml. Only then it counts as a finding. */
      withdraws: v.boolean(),
      affected: v.number(),
      /** How many of them keep their version because their tag names one: no rollout moves them. */
      pinned: v.number(),
      /** How many nodes have a version or a configuration that is not known. */
      unknown: v.number(),
      /** `<cluster> <pool>`. */
      pools: v.array(v.string()),
    }),
  ),
  openBreakers: v.array(BreakerSchema),
  /** The rollouts that are not finished; `airlock rollout` lists all. */
  rollouts: v.array(ShownRolloutSchema),
  notChecked: v.array(v.strictObject({ resource: v.string(), reason: v.string() })),
});

/** The fleet as the command shows it. */
export type Fleet = v.InferOutput<typeof FleetSchema>;

/** What was read of a fleet. */
export interface FleetReading {
  readonly runs: readonly RunRecord[];
  /** The Nodes of each cluster that could be surveyed. */
  readonly surveys: ReadonlyMap<string, readonly SurveyedNode[]>;
  readonly breakers: readonly ShownBreaker[];
  readonly rollouts?: readonly ReadRollout[];
  /** What EC2 shows, by id; absent if it could not be read. */
  readonly instances?: ReadonlyMap<string, TaggedInstance>;
  readonly notChecked: Fleet['notChecked'];
}

interface Standing {
  readonly cluster: string;
  readonly pool: string;
  readonly instanceId: string;
  readonly nodeName: string;
  readonly state: FleetState;
  readonly reason: string;
  readonly run: RunRecord | undefined;
}

/**
 * The fleet, from its launches in the ledger and the Nodes of its clusters.
 *
 * @param now milliseconds since the epoch
 * @param exposed the advisories that affect its nodes
 */
export function fleetOf(
  { runs, surveys, breakers, rollouts = [], notChecked }: FleetReading,
  now: number,
  exposed: Fleet['exposed'] = [],
): Fleet {
  const nodes = new Map([...surveys.values()].flat().map((node) => [node.instanceId, node]));
  const latest = latestRuns(runs);
  const launched = [...latest.values()].map((run) =>
    standingOf(run, nodes.get(run.instanceId), surveys.has(run.cluster)),
  );
  const strangers = [...surveys].flatMap(([cluster, surveyed]) =>
    surveyed.filter(({ instanceId }) => !latest.has(instanceId)).map((node) => strangerOf(node, cluster)),
  );
  const all = [...launched, ...strangers];
  const byPool = Map.groupBy(all, ({ cluster, pool }) => `${cluster} ${pool}`);
  return {
    version: 1,
    at: new Date(now).toISOString(),
    pools: [...byPool.values()].map(poolOf),
    underWay: all.flatMap(({ state, run }) =>
      state === 'under way' && run !== undefined ? [underWayOf(run, now)] : [],
    ),
    attention: all.filter(({ state }) => alarming.includes(state)).map(({ run: _, ...shown }) => shown),
    exposed: [...exposed],
    openBreakers: breakers.filter(({ state }) => state === 'open'),
    rollouts: rollouts.map(shownRollout).filter(({ finishedAt }) => finishedAt === undefined),
    notChecked: [...notChecked],
  };
}

/** Whether nothing in the fleet needs a person. */
export function isHealthy({ attention, exposed, openBreakers, rollouts }: Fleet): boolean {
  if (rollouts.some(hasStoppedItself)) return false;
  return (
    attention.length === 0 &&
    openBreakers.length === 0 &&
    !exposed.some(({ withdraws, affected }) => withdraws && affected > 0)
  );
}

/** The latest run of each instance. */
function latestRuns(runs: readonly RunRecord[]): ReadonlyMap<string, RunRecord> {
  const sorted = runs.toSorted((one, other) => (one.launchedAt < other.launchedAt ? -1 : 1));
  return new Map(sorted.map((run) => [run.instanceId, run]));
}

/** @param isSurveyed whether the Nodes of its cluster are known; if not, the ledger's word is the last known */
function standingOf(run: RunRecord, node: SurveyedNode | undefined, isSurveyed: boolean): Standing {
  const { instanceId, cluster, pool, launch, ending } = run;
  const shown = { cluster, pool, instanceId, nodeName: node?.nodeName ?? launch?.nodeName ?? '', run };
  if (run.endedAt === undefined) return { ...shown, state: 'under way', reason: '' };
  const { operatorAct: act } = run;
  const ended = [run.outcome, run.receipt?.detail].filter((text) => text !== undefined && text !== '').join(': ');
  const reason = act === undefined ? ended : `${act.act} by ${act.by} at ${act.at}: ${act.because}`;
  const isOpened = act?.act === 'release' && (node === undefined ? !isSurveyed : node.state === 'drifted');
  if (isOpened) return { ...shown, state: 'released by hand', reason };
  if (node === undefined) {
    const isLeft = !isSurveyed && (ending === 'released' || ending === 'quarantined' || ending === 'held');
    return { ...shown, state: isLeft ? ending : 'gone', reason };
  }
  if (ending === 'held' && node.state !== 'released' && node.state !== 'drifted')
    return { ...shown, state: 'held', reason };
  if (node.state === 'gated') return { ...shown, state: 'gated', reason };
  return { ...shown, state: node.state, reason: node.reason === '' || act !== undefined ? reason : node.reason };
}

function strangerOf({ instanceId, nodeName }: SurveyedNode, cluster: string): Standing {
  const reason =
    'the ledger has no launch of it: check the tag and the instance profile, npx airlock doctor looks at both';
  return { cluster, pool: '', instanceId, nodeName, state: 'unknown', reason, run: undefined };
}

function poolOf(standings: readonly Standing[]): Fleet['pools'][number] {
  const { cluster = '', pool = '' } = standings[0] ?? {};
  const released = standings.filter(({ state }) => state === 'released');
  return { cluster, pool, nodes: countBy(standings, ({ state }) => state), versions: countBy(released, versionOf) };
}

function versionOf({ run }: Standing): string {
  return run?.request === undefined ? 'unknown' : `${run.request.runtime}@${run.request.version}`;
}

function countBy<K extends string>(
  standings: readonly Standing[],
  keyOf: (standing: Standing) => K,
): Record<K, number> {
  const counts = [...Map.groupBy(standings, keyOf)].map(([key, group]) => [key, group.length]);
  return Object.fromEntries(counts) as Record<K, number>;
}

function underWayOf(run: RunRecord, now: number): Fleet['underWay'][number] {
  const { instanceId, cluster, pool, launch } = run;
  const ageSeconds = Math.max(0, Math.round((now - Date.parse(launchTimeOf(run))) / 1_000));
  const [nodeName, deadline] = [launch?.nodeName ?? '', launch?.deadline ?? ''];
  return { instanceId, nodeName, cluster, pool, phase: phaseOf(run), ageSeconds, deadline };
}

/** How far a run is that is under way. */
export function phaseOf({
  failure,
  installation,
  claimedAt,
  commandId,
  begunAt,
}: RunRecord): (typeof launchPhases)[number] {
  if (failure !== undefined) return 'ending';
  if (installation !== undefined) return 'in the cluster';
  if (claimedAt !== undefined || commandId !== undefined) return 'installing';
  return begunAt === undefined ? 'admitted' : 'waiting for the agent';
}

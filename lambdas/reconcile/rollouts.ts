import { breakerKey, isOpen, scopeOf } from '../../domain/breaker.ts';
import type { Admissible } from '../../domain/function-settings.ts';
import type { Request } from '../../domain/launch.ts';
import { type LateDeadline, listLate } from '../../domain/rollout/deadlines.ts';
import { decideRollout, hasChanged, type RolloutStart } from '../../domain/rollout/decide.ts';
import type { PoolNode } from '../../domain/rollout/nodes.ts';
import { type ReadRollout, type Rollout, type RolloutScope, rolloutName } from '../../domain/rollout/rollout.ts';
import { type FleetRollout, type RolloutSettings, rolloutSettingsOf } from '../../domain/rollout/settings.ts';
import { type Runtime, runtimes, runtimeTraits } from '../../domain/runtimes.ts';
import { type Versions, versionRefusal } from '../../domain/tags.ts';
import { breakersOf } from '../adapters/breakers.ts';
import { recordRollout } from '../adapters/rollouts.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import type { Rerun } from './decide-reruns.ts';
import type { Pass } from './pass.ts';
import { startReruns } from './reruns.ts';
import { listPools, type RolloutFleet, type RolloutPool, withUnseen } from './rollout-pools.ts';
import { planRolloutRun } from './rollout-runs.ts';

/** How many runs one pass starts for rollouts; the next pass starts more. */
const mostStarts = 400;

/** What a pass did about rollouts. */
export interface RolloutCounts {
  readonly rollouts: readonly Rollout[];
  readonly started: number;
  readonly late: readonly LateDeadline[];
}

/**
 * Brings rollouts forward by one pass. For each it writes the record, which only succeeds over what was read before the
 * fleet was, then starts the runs. Events are published at the end of the pass: a closed bus holds up no rollout. So a
 * pass that dies or runs twice repeats nothing, and no two passes take out nodes beside each other.
 */
export async function reconcileRollouts(
  fleet: RolloutFleet,
  rules: FleetRollout,
  { versions }: Admissible,
  pass: Pass,
): Promise<RolloutCounts> {
  const now = systemTime.now();
  const pools = listPools(fleet, now);
  const isBreakerOpen = await readBreakers(pools, fleet.read, versions);
  const rollouts: Rollout[] = [];
  const late: LateDeadline[] = [];
  let started = 0;
  for (const { cluster, pool, nodes } of pools) {
    const settings = rolloutSettingsOf(rules, pool);
    let taken = 0;
    for (const runtime of runtimes) {
      const scope = { cluster, pool, runtime };
      const known = fleet.read.find(({ rollout }) => rolloutName(rollout) === rolloutName(scope));
      if (known === undefined && !nodes.some((node) => node.runtime === runtime)) continue;
      const view = viewOf(scope, nodes, settings, versions, known, now);
      const decided = decideRollout({ ...view, taken, isBreakerOpen: (version) => isBreakerOpen(scope, version) });
      const starts = decided.starts.slice(0, Math.max(0, mostStarts - started));
      late.push(...listLate({ ...view, rollout: decided.rollout }));
      if (decided.rollout === undefined) continue;
      rollouts.push(decided.rollout);
      const { rollout } = decided;
      const act = { rollout, starts, revision: known?.revision ?? 0, before: known?.rollout };
      const begun = await pass.failures.attempt(`rolling out ${rolloutName(scope)}`, () =>
        bringForward(act, fleet, versions, pass),
      );
      started += begun ?? 0;
      taken += starts.filter(({ node }) => !node.isGated).length;
    }
  }
  return { rollouts: withUnseen(fleet.read, rollouts), started, late };
}

function viewOf(
  scope: RolloutScope,
  nodes: readonly PoolNode[],
  settings: RolloutSettings,
  versions: Versions,
  known: ReadRollout | undefined,
  now: number,
) {
  const { runtime } = scope;
  const canInstall = (version: string) => versionRefusal({ runtime, version }, versions) === undefined;
  const version = versions[runtime]?.default;
  return {
    ...{ ...scope, settings, nodes, now, canInstall },
    configured: version !== undefined && canInstall(version) ? version : undefined,
    isInPlace: runtimeTraits[runtime].switchesInPlace === true,
    rollout: known?.rollout,
    act: known?.act,
  };
}

/** One rollout to bring forward. */
interface Step {
  readonly rollout: Rollout;
  readonly starts: readonly RolloutStart[];
  readonly before: Rollout | undefined;
  readonly revision: number;
}

/** @returns how many runs were started */
async function bringForward(
  { rollout, starts, before, revision }: Step,
  fleet: RolloutFleet,
  versions: Versions,
  { unpublished }: Pass,
) {
  const isWritten = starts.length > 0 || hasChanged(before, rollout);
  if (isWritten && !(await recordRollout(rollout, revision))) {
    logger.info('another pass brought the rollout forward', { rollout: rolloutName(rollout) });
    return 0;
  }
  if (rollout.unpublished.length > 0) unpublished.push({ rollout, revision: isWritten ? revision + 1 : revision });
  const runs = starts.flatMap((start) => planStart(start, fleet, versions));
  await startReruns(runs);
  return runs.length;
}

function planStart(start: RolloutStart, { ours }: RolloutFleet, versions: Versions): readonly Rerun[] {
  const managed = ours.get(start.node.instanceId);
  if (managed?.run === undefined || versions[start.node.runtime as Runtime] === undefined) return [];
  const { admission, run } = managed;
  return [{ admission: planRolloutRun(start, admission, run, systemTime.now()), run }];
}

/** Reads the breakers of the versions that rollouts could bring. */
async function readBreakers(pools: readonly RolloutPool[], read: readonly ReadRollout[], versions: Versions) {
  const requests = (Object.keys(versions) as Runtime[]).flatMap((runtime) => {
    const own = read.filter(({ rollout }) => rollout.runtime === runtime);
    const named = own.flatMap(({ rollout, act }) => [rollout.target, act?.to ?? rollout.target]);
    return [...new Set([versions[runtime]?.default ?? '', ...named])].map((version): Request => ({ runtime, version }));
  });
  const scopes = pools.flatMap((pool) => requests.map((request) => scopeOf(pool, request)));
  const breakers = await breakersOf(scopes);
  return ({ cluster, pool, runtime }: RolloutScope, version: string) =>
    isOpen(breakers.get(breakerKey(scopeOf({ cluster, pool }, { runtime, version })).instanceId));
}

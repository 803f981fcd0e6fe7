import { wasReleased } from '../act-refusals.ts';
import { isReverification } from '../launch.ts';
import type { RunRecord } from '../ledger.ts';
import type { Admission } from '../messages.ts';
import { makesRoom } from '../outcomes.ts';
import type { Runtime } from '../runtimes.ts';

/** What the latest run of a node did for a rollout. */
export interface RolloutRun {
  /** The version that the run installs; that which replaces the node's if the node gives way. */
  readonly to: string;
  /** The version that the node had before. */
  readonly was: string;
  readonly state: 'under-way' | 'proven' | 'failed' | 'gives-way';
  readonly outcome?: string;
  /** When it ended, ISO 8601. */
  readonly endedAt?: string;
}

/** One node of a pool, as EC2 and the ledger have it. */
export interface PoolNode {
  readonly instanceId: string;
  readonly launchedAt: string;
  /** The runtime that its latest run asked for, or that its tag asks for. */
  readonly runtime?: Runtime | undefined;
  /** The version that was proven on it, while its gate is open. */
  readonly version?: string | undefined;
  /** The version that its pods may run with while its gate is open, by a release or by hand. */
  readonly openWith?: string | undefined;
  /** The version that its latest run asked for. */
  readonly asked?: string | undefined;
  /** The version that a new launch with its tag would get; absent if that is refused. */
  readonly wanted?: string | undefined;
  /** Whether its tag names a version. */
  readonly isPinned: boolean;
  /** Whether its tag names a version that is withdrawn. */
  readonly isPinnedToWithdrawn: boolean;
  /** Whether its gate keeps pods away. */
  readonly isGated: boolean;
  /** Whether a run is under way. */
  readonly isBusy: boolean;
  /** Whether an operator changed it by hand, so that it stays as it is. */
  readonly isByHand: boolean;
  /** How its first run failed, and when, ISO 8601; absent if it did not. */
  readonly failedLaunch?: { readonly outcome: string; readonly endedAt: string } | undefined;
  /** Its latest run, if that is of a rollout. */
  readonly rollout?: RolloutRun | undefined;
}

/**
 * Reads one node of a pool. Only EC2 and the ledger decide; what the Node shows can make it count as unavailable, and
 * no more.
 *
 * @param admission the admission that its launch would get today
 * @param run its latest run
 * @param tag the value of its tag
 * @param isSeenGated whether the survey saw its Node behind a gate
 */
export function poolNodeOf(
  { launch, request, refused }: Admission,
  run: RunRecord | undefined,
  tag: string,
  isSeenGated: boolean,
): PoolNode {
  const isPinned = tag.includes('@');
  const act = run?.operatorAct;
  const isByHand = act !== undefined;
  const isOpen = run !== undefined && hasOpenGate(run);
  const asked = run?.request ?? request;
  return {
    instanceId: launch.instanceId,
    launchedAt: launch.launchedAt,
    runtime: asked?.runtime,
    version: isOpen && !isByHand ? run.request?.version : undefined,
    openWith: isOpen ? run.request?.version : undefined,
    asked: asked?.version,
    wanted: request !== undefined && request.runtime === asked?.runtime ? request.version : undefined,
    isPinned,
    isPinnedToWithdrawn: isPinned && refused?.outcome === 'version-withdrawn',
    isGated: !isOpen || isSeenGated,
    isBusy: run?.outcome === undefined,
    isByHand,
    failedLaunch: run === undefined ? undefined : failedLaunchOf(run),
    rollout: run === undefined ? undefined : rolloutRunOf(run),
  };
}

/** Whether the gate is open, by what the ledger knows. A proof that is repeated leaves it open until it fails. */
function hasOpenGate({ outcome, ending, launch, operatorAct, ...run }: RunRecord): boolean {
  if (operatorAct?.act === 'quarantine' || operatorAct?.act === 'uninstall') return false;
  if (operatorAct?.act === 'release' || ending === 'released') return true;
  const repeats = launch !== undefined && isReverification(launch) && wasReleased({ ...run, launch });
  return repeats && (outcome === undefined || (ending === 'held' && outcome === 'breaker-open'));
}

function failedLaunchOf({ launch, ending, outcome, endedAt }: RunRecord): PoolNode['failedLaunch'] {
  const failed = launch?.rerun === undefined && ['quarantined', 'replaced', 'held'].includes(ending ?? '');
  return failed && outcome !== undefined && endedAt !== undefined ? { outcome, endedAt } : undefined;
}

function rolloutRunOf({ launch, request, refused, outcome, ending, endedAt }: RunRecord): RolloutRun | undefined {
  const rerun = launch?.rerun;
  if (rerun?.why !== 'rollout' || rerun.was === undefined || request === undefined) return undefined;
  const gives = refused !== undefined && makesRoom(refused.outcome);
  const ended = ending === 'released' ? 'proven' : gives ? 'gives-way' : 'failed';
  return {
    to: rerun.to ?? request.version,
    was: rerun.was,
    state: outcome === undefined ? 'under-way' : ended,
    ...(outcome === undefined ? {} : { outcome }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}

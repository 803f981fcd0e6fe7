import * as v from 'valibot';
import type { PoolNode } from './nodes.ts';
import { type Rollout, type RolloutAct, RolloutSchema, type RolloutScope } from './rollout.ts';
import { nodesOf, type RolloutSettings } from './settings.ts';
import { isInWindow, nextOpening } from './windows.ts';

/** A run to start on one node. */
export interface RolloutStart {
  readonly node: PoolNode;
  /**
   * `install`: switch the version in place. `put-back`: install the version that it had. `give-way`: keep new pods
   * away. `terminate`: its wait is over.
   */
  readonly kind: 'install' | 'put-back' | 'give-way' | 'terminate';
  /** The version to install, or that which replaces the node's. */
  readonly version: string;
  /** The version that the node has, or had. */
  readonly was: string;
}

/** What one pass sees of the pool of a rollout. */
export interface RolloutView extends RolloutScope {
  readonly settings: RolloutSettings;
  /** Every node of the pool, of any runtime. */
  readonly nodes: readonly PoolNode[];
  /** The version that new launches get; absent if that is withdrawn. */
  readonly configured: string | undefined;
  /** Whether the runtime is switched under running pods. If not, nodes give way to others. */
  readonly isInPlace: boolean;
  readonly canInstall: (version: string) => boolean;
  /** Whether the breaker of the pool and a version is open. */
  readonly isBreakerOpen: (version: string) => boolean;
  /** How many nodes this pass takes out of the pool for other runtimes. */
  readonly taken: number;
  readonly rollout: Rollout | undefined;
  readonly act: RolloutAct | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a pass does about a rollout: it writes the record, then starts the runs. */
export interface RolloutDecision {
  /** Absent if there is nothing to roll out. */
  readonly rollout: Rollout | undefined;
  readonly starts: readonly RolloutStart[];
}

/**
 * The largest number of nodes in one wave: their ids fit into one item. The last wave repeats until no node is left.
 */
const mostMembers = 2_000;

/** How long after a failed termination the next one is tried. */
const terminationRestMinutes = 15;

/** Decides what one pass does about the rollout of a runtime in a pool. The same view has the same decision. */
export function decideRollout(view: RolloutView): RolloutDecision {
  const own = view.nodes.filter(({ runtime }) => runtime === view.runtime).toSorted(byAge);
  const current = followAct(beginRollout(view, own), view);
  if (current === undefined) return { rollout: undefined, starts: [] };
  const counted = {
    ...current,
    done: own.filter((node) => follows(node, view) && node.version === current.target).length,
    total: own.filter((node) => follows(node, view)).length,
    pinnedToWithdrawn: own.filter(({ isPinnedToWithdrawn }) => isPinnedToWithdrawn).length,
  };
  return advance(counted, own, view);
}

/** The oldest launch first. */
function byAge(one: PoolNode, other: PoolNode): number {
  return one.launchedAt.localeCompare(other.launchedAt) || one.instanceId.localeCompare(other.instanceId);
}

/** Whether a node has the version that its pool gets: its tag names none, and no one changed it by hand. */
function follows(node: PoolNode, { runtime }: RolloutView): boolean {
  return node.runtime === runtime && !node.isPinned && !node.isByHand;
}

/**
 * Whether a node is open with another version than the target, or is a {@link isLeftOver}. Any other node behind its
 * gate is left to what closed it.
 */
function isBehind(node: PoolNode, rollout: Pick<Rollout, 'target' | 'startedAt'>, view: RolloutView): boolean {
  const isOpen = !node.isGated && node.version !== undefined && node.version !== rollout.target;
  return follows(node, view) && (isOpen || isLeftOver(node, rollout));
}

/**
 * Whether a node failed before this rollout began, or before it was resumed, and was not put back. It is out of service
 * already, so it is tried first. In a small pool it is all that may be unavailable.
 */
function isLeftOver({ rollout, isBusy, isByHand }: PoolNode, { startedAt }: Pick<Rollout, 'startedAt'>): boolean {
  return rollout?.state === 'failed' && !isBusy && !isByHand && (rollout.endedAt ?? '') < startedAt;
}

/** Whether a node had the target, failed with it, and was put back: every other node is tried before it. */
function wasPutBack({ rollout }: PoolNode, { target }: Pick<Rollout, 'target'>): boolean {
  return rollout?.state === 'proven' && rollout.was === target;
}

/** The nodes that a rollout still has to bring to its target, in their order. */
function listBehind(rollout: Pick<Rollout, 'target' | 'startedAt'>, own: readonly PoolNode[], view: RolloutView) {
  const rank = (node: PoolNode) => (isLeftOver(node, rollout) ? 0 : wasPutBack(node, rollout) ? 2 : 1);
  return own.filter((node) => isBehind(node, rollout, view)).toSorted((one, other) => rank(one) - rank(other));
}

/** Whether the run of any rollout is under way on a node. */
function isHalfWay({ rollout }: PoolNode): boolean {
  return rollout?.state === 'under-way';
}

/**
 * The version that the pool's nodes are to have: the one of new launches, unless an operator went back from exactly
 * that.
 */
function targetOf({ rollout, act, configured, canInstall }: RolloutView): string | undefined {
  if (act?.act === 'rollback' && act.to !== undefined && act.at !== rollout?.actAt && canInstall(act.to)) return act.to;
  const isRolledBack = rollout !== undefined && rollout.target !== rollout.configured;
  // While the version of new launches is withdrawn there is no other to go on to.
  const isStill = isRolledBack && (configured === undefined || rollout.configured === configured);
  return isStill && canInstall(rollout.target) ? rollout.target : configured;
}

/**
 * The rollout to go on with: the recorded one, or a new one if there is another target. Nodes that are half-way finish
 * first.
 */
function beginRollout(view: RolloutView, own: readonly PoolNode[]): Rollout | undefined {
  const { rollout: known, act, configured, now } = view;
  const target = targetOf(view);
  if (target === undefined) return known && { ...known, ...idle, waitsFor: 'version' };
  const resumed = act?.act === 'resume' && act.at !== known?.actAt && known?.stoppedAt !== undefined;
  const forNew = configured ?? known?.configured ?? target;
  if (known?.target === target && !resumed) return { ...known, configured: forNew };
  const startedAt = new Date(now).toISOString();
  const behind = listBehind({ target, startedAt }, own, view);
  if (own.some(isHalfWay)) return known && { ...known, ...idle, waitsFor: 'runs' };
  if (behind.length === 0 && known === undefined) return undefined;
  if (behind.length === 0 && known?.finishedAt !== undefined)
    return { ...known, target, configured: forNew, before: known.target };
  const { cluster, pool, runtime } = view;
  const before = commonest(behind.flatMap(({ version }) => version ?? []));
  const isAsked = resumed || (act?.act === 'rollback' && act.to === target);
  const actAt = isAsked ? act?.at : known?.actAt;
  const pausedAt = isAsked ? undefined : known?.pausedAt;
  const total = own.filter((node) => follows(node, view)).length;
  return {
    ...{ cluster, pool, runtime, target, configured: forNew },
    ...(before === undefined ? {} : { before }),
    ...(actAt === undefined ? {} : { actAt }),
    ...(pausedAt === undefined ? {} : { pausedAt }),
    startedAt,
    wave: 0,
    members: behind.slice(0, waveSize(0, { done: 0, total }, view.settings)).map(({ instanceId }) => instanceId),
    ...{ done: 0, total: 0, pinnedToWithdrawn: 0, waitsFor: 'nothing' },
    unpublished: [...(known?.unpublished ?? []), 'Rollout Started'],
  };
}

const idle = { waitsUntil: undefined };

function commonest(versions: readonly string[]): string | undefined {
  const counted = [...Map.groupBy(versions, (version) => version)];
  return counted.toSorted((one, other) => other[1].length - one[1].length || one[0].localeCompare(other[0]))[0]?.[0];
}

/**
 * How many nodes a wave takes, after those that have the target already. The first wave takes its number whatever new
 * launches have.
 */
function waveSize(
  wave: number,
  { done, total }: Pick<Rollout, 'done' | 'total'>,
  { waves }: Pick<RolloutSettings, 'waves'>,
): number {
  const upTo = nodesOf(waves[wave] ?? { percent: 100 }, total, Math.ceil);
  return Math.min(mostMembers, Math.max(0, wave === 0 ? upTo : upTo - done));
}

/** Follows what an operator asked for since the last pass. */
function followAct(rollout: Rollout | undefined, { act, now, canInstall }: RolloutView): Rollout | undefined {
  if (rollout === undefined || act === undefined || act.at === rollout.actAt) return rollout;
  const at = new Date(now).toISOString();
  const { refusedAct: _, ...rest } = rollout;
  const followed = { ...rest, actAt: act.at };
  if (act.act === 'rollback' && act.to !== undefined && act.to !== rollout.target) {
    // Going back begins only once no node is half-way: until then the act is not done.
    if (canInstall(act.to)) return rollout;
    return { ...followed, refusedAct: `nodes may not get ${act.to}, so the rollback was not followed` };
  }
  if (act.act === 'pause') return { ...followed, pausedAt: at };
  if (act.act === 'resume') return rollout.stoppedAt === undefined ? { ...followed, pausedAt: undefined } : rollout;
  const isOver = rollout.stoppedAt !== undefined || rollout.finishedAt !== undefined;
  if (act.act === 'abort' && !isOver) return { ...stop(followed, `aborted: ${act.because}`, at), abortedBy: act.by };
  return followed;
}

function stop(rollout: Rollout, because: string, at: string): Rollout {
  if (rollout.stoppedAt !== undefined || rollout.finishedAt !== undefined) return rollout;
  const unpublished = [...rollout.unpublished, 'Rollout Stopped' as const];
  return { ...rollout, ...idle, stoppedAt: at, stoppedBecause: because, waitsFor: 'resume', unpublished };
}

/** Goes on with a rollout by as much as one pass may. */
function advance(rollout: Rollout, own: readonly PoolNode[], view: RolloutView): RolloutDecision {
  const { target } = rollout;
  const at = new Date(view.now).toISOString();
  const failure = failureOf(rollout, own, view);
  const current = failure === undefined ? rollout : stop(rollout, failure, at);
  if (current.stoppedAt !== undefined)
    return { rollout: { ...current, waitsFor: 'resume' }, starts: own.flatMap((node) => putBack(node, current, view)) };
  const wanted = targetOf(view);
  if (wanted === undefined || (current.waitsFor === 'runs' && wanted !== target))
    return { rollout: current, starts: [] };
  const leaving = current.pausedAt === undefined ? own.flatMap((node) => endGivingWay(node, target, view)) : [];
  const decided = continueWaves(current, own, view);
  return { ...decided, starts: [...leaving, ...decided.starts] };
}

/** Why a rollout must stop; undefined if nothing failed. */
function failureOf({ target, members, startedAt, finishedAt }: Rollout, own: readonly PoolNode[], view: RolloutView) {
  if (finishedAt !== undefined) return undefined;
  const failed = own.find(
    ({ instanceId, rollout }) =>
      members.includes(instanceId) && rollout?.state === 'failed' && (rollout.endedAt ?? '') >= startedAt,
  );
  if (failed !== undefined) return `${failed.instanceId} ended as ${failed.rollout?.outcome}`;
  const lost = own.find(
    (node) => view.isInPlace && members.includes(node.instanceId) && hasLostProof(node, target, view),
  );
  if (lost !== undefined) return `${lost.instanceId} lost its proof`;
  if (view.isBreakerOpen(target)) return `the breaker of ${view.runtime}@${target} is open`;
  const substitute = own.find(
    ({ asked, failedLaunch }) => !view.isInPlace && asked === target && (failedLaunch?.endedAt ?? '') > startedAt,
  );
  return substitute && `the new node ${substitute.instanceId} ended as ${substitute.failedLaunch?.outcome}`;
}

/** Whether a node that was proven with the target is behind its gate again: a re-verification failed. */
function hasLostProof(node: PoolNode, target: string, view: RolloutView): boolean {
  const isSettled = follows(node, view) && !node.isBusy && node.rollout?.state !== 'failed';
  return isSettled && node.asked === target && node.version === undefined;
}

/**
 * A node that failed or gives way is opened again with the version that it had, if that may still be installed.
 * Otherwise its gate stays.
 */
function putBack(node: PoolNode, { target, startedAt }: Rollout, { canInstall }: RolloutView): RolloutStart[] {
  const { rollout, isBusy, isByHand } = node;
  const hasFailed = rollout?.state === 'failed' && (rollout.endedAt ?? '') >= startedAt;
  const isOut = hasFailed || rollout?.state === 'gives-way';
  // One that is put back once stays behind its gate if that fails, and so does one that had no other version.
  const isOver = hasFailed && (rollout.to !== target || rollout.was === target);
  if (isBusy || isByHand || !isOut || isOver) return [];
  return canInstall(rollout.was) ? [{ node, kind: 'put-back', version: rollout.was, was: rollout.to }] : [];
}

/**
 * A node that gives way is terminated in a window once its sandboxes had their time, or opened again if it has the
 * target.
 */
function endGivingWay(node: PoolNode, target: string, { settings, now }: RolloutView): RolloutStart[] {
  const { rollout, isBusy, isByHand } = node;
  if (isBusy || isByHand || rollout?.state !== 'gives-way') return [];
  if (rollout.was === target) return [{ node, kind: 'put-back', version: target, was: rollout.to }];
  const minutes = settings.maxDisruptionMinutes;
  if (minutes === undefined || !isInWindow(settings.windows, now)) return [];
  // A termination that failed is tried again after a rest: the sandboxes had their time before it.
  const rest = rollout.outcome === 'disruption-wait-over' ? Math.min(minutes, terminationRestMinutes) : minutes;
  if (now < Date.parse(rollout.endedAt ?? '') + rest * 60_000) return [];
  return [{ node, kind: 'terminate', version: rollout.to, was: rollout.was }];
}

function continueWaves(rollout: Rollout, own: readonly PoolNode[], view: RolloutView): RolloutDecision {
  const { target, members } = rollout;
  const { now, settings } = view;
  const at = new Date(now).toISOString();
  const behind = listBehind(rollout, own, view);
  const chosen = new Set(members);
  const inWave = own.filter(({ instanceId }) => chosen.has(instanceId));
  const pending = behind.filter(({ instanceId }) => chosen.has(instanceId));
  const isUnderWay = inWave.some((node) => node.isBusy || node.rollout?.state === 'gives-way');
  // Once a node has proven the version, launches of a pool that scales are not waited for.
  const isReplacing = !view.isInPlace && rollout.done === 0 && own.some((node) => node.isBusy && node.asked === target);
  if (pending.length > 0) return startSome(rollout, pending, view);
  if (isUnderWay || isReplacing) return waits(rollout, 'runs');
  if (behind.length === 0) return finish(rollout, at);
  if (rollout.finishedAt !== undefined) {
    // Nodes that came with an older version since then: if the target is proven, they are one more last wave.
    const { finishedAt: _, ...again } = rollout;
    const wave = rollout.done > 0 ? settings.waves.length - 1 : 0;
    return openWave({ ...again, startedAt: at, wave }, behind, view);
  }
  // Its members went away before one was proven, or before one could give way: there is nothing to watch.
  const isGone = view.isInPlace
    ? !inWave.some(({ version }) => version === target)
    : inWave.length === 0 && rollout.waitsFor === 'window';
  if (isGone) return openWave(rollout, behind, view);
  const provenAt = rollout.provenAt ?? at;
  const proven: Rollout =
    rollout.provenAt === undefined
      ? { ...rollout, provenAt, unpublished: [...rollout.unpublished, 'Rollout Wave Done'] }
      : rollout;
  const soaked = Date.parse(provenAt) + settings.soakMinutes * 60_000;
  if (now < soaked) return waits(proven, 'soak', soaked);
  // A node that gave way proves nothing: until one was released with the version, the first wave is repeated.
  const isUnproven = !view.isInPlace && rollout.done === 0;
  const wave = isUnproven ? 0 : Math.min(rollout.wave + 1, settings.waves.length - 1);
  return openWave({ ...proven, wave }, behind, view);
}

/** Begins a wave. One whose share the pool has reached already is skipped. */
function openWave(rollout: Rollout, behind: readonly PoolNode[], view: RolloutView): RolloutDecision {
  let { wave } = rollout;
  const last = view.settings.waves.length - 1;
  while (wave < last && waveSize(wave, rollout, view.settings) === 0) wave++;
  const size = wave === last ? mostMembers : waveSize(wave, rollout, view.settings);
  const chosen = behind.slice(0, size);
  const { provenAt: _, ...before } = rollout;
  const opened = { ...before, wave, members: chosen.map(({ instanceId }) => instanceId) };
  return startSome(opened, chosen, view);
}

/** Starts as many nodes as may be out of service at once. */
function startSome(rollout: Rollout, pending: readonly PoolNode[], view: RolloutView): RolloutDecision {
  const { settings, nodes, now, isInPlace } = view;
  if (rollout.pausedAt !== undefined) return waits(rollout, 'resume');
  if (!isInWindow(settings.windows, now)) return waits(rollout, 'window', nextOpening(settings.windows, now));
  const most = nodesOf(settings.maxUnavailable, nodes.length, Math.floor);
  const room = most - view.taken - nodes.filter(({ isGated }) => isGated).length;
  // A node that a re-verification may still close is not taken out beside it.
  const ready = pending.filter(({ isBusy }) => !isBusy);
  const [out, open] = [ready.filter(({ isGated }) => isGated), ready.filter(({ isGated }) => !isGated)];
  const starts = [...out, ...open.slice(0, Math.max(0, room))].map((node): RolloutStart => {
    const was = node.version ?? versionBefore(node, rollout.target);
    // A node without an open gate has no sandboxes to wait for: its runtime refuses by itself if it does.
    return { node, kind: isInPlace || node.isGated ? 'install' : 'give-way', version: rollout.target, was };
  });
  const { waitsUntil: _, ...rest } = rollout;
  return { rollout: { ...rest, waitsFor: starts.length > 0 ? 'runs' : 'room' }, starts };
}

/** The version that a node had which is out of service: the one before a failed run, or before a failed return. */
function versionBefore({ rollout }: PoolNode, target: string): string {
  return (rollout?.was === target ? rollout.to : rollout?.was) ?? '';
}

function finish(rollout: Rollout, at: string): RolloutDecision {
  if (rollout.finishedAt !== undefined) return waits(rollout, 'nothing');
  const unpublished = [...rollout.unpublished, 'Rollout Finished' as const];
  return waits({ ...rollout, members: [], finishedAt: at, unpublished }, 'nothing');
}

function waits(rollout: Rollout, waitsFor: Rollout['waitsFor'], until?: number): RolloutDecision {
  const { waitsUntil: _, ...rest } = rollout;
  const waitsUntil = until === undefined ? {} : { waitsUntil: new Date(until).toISOString() };
  return { rollout: { ...rest, waitsFor, ...waitsUntil }, starts: [] };
}

/** Whether a decision changes what the ledger has about a rollout. */
export function hasChanged(before: Rollout | undefined, after: Rollout): boolean {
  const text = (rollout: Rollout) => JSON.stringify(v.parse(RolloutSchema, rollout));
  return before === undefined || text(before) !== text(after);
}

import { isAffected } from '../advisories.ts';
import type { PoolNode } from './nodes.ts';
import type { Rollout, RolloutScope } from './rollout.ts';
import { type Deadline, nodesOf, type RolloutSettings } from './settings.ts';
import { nextOpening, openShare } from './windows.ts';

/** An advisory whose deadline a pool misses, or will miss. */
export interface LateDeadline extends Pick<Deadline, 'id' | 'severity' | 'due'>, RolloutScope {
  /** How many nodes are open with an affected version. */
  readonly nodes: number;
  /** When the last of them would be fixed if the rollout goes on from now without a pause, ISO 8601. */
  readonly expected: string;
}

/**
 * How long a group of nodes is out of service for a switch in place, in minutes: an installation and two proofs, and
 * the passes before and after.
 */
const switchMinutes = 10;

/** How long a node that gives way is expected to keep its sandboxes if nothing bounds it, in minutes. */
const leaveMinutes = 24 * 60;

/** What a forecast depends on. */
export interface Forecast extends RolloutScope {
  readonly settings: RolloutSettings;
  readonly nodes: readonly PoolNode[];
  readonly isInPlace: boolean;
  readonly rollout: Rollout | undefined;
  /** The version that new launches get; undefined if there is none that they may get. */
  readonly configured: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * Lists the advisories that a pool will not have fixed in time. One is late at once if the pool gets no version that
 * fixes it. A node behind its gate is not exposed, because it takes
 * no pods.
 */
export function listLate(view: Forecast): readonly LateDeadline[] {
  const { cluster, pool, runtime, settings } = view;
  return settings.deadlines.flatMap(({ id, severity, due, affected, runtime: concerned }) => {
    if (concerned !== runtime) return [];
    const open = view.nodes.filter(
      ({ runtime: own, openWith }) =>
        own === runtime && openWith !== undefined && isAffected({ affected: [...affected] }, openWith),
    );
    if (open.length === 0) return [];
    const expected = forecastEnd(open.length, view);
    const target = view.rollout?.target ?? view.configured;
    const isUnfixed = target === undefined || isAffected({ affected: [...affected] }, target);
    if (expected <= Date.parse(due) && !isUnfixed && !isStuck(open, view)) return [];
    return [
      { cluster, pool, runtime, id, severity, due, nodes: open.length, expected: new Date(expected).toISOString() },
    ];
  });
}

/**
 * Whether some nodes stay as they are until a person does something: no forecast holds for them. A pause is a person's,
 * and ends.
 */
function isStuck(open: readonly PoolNode[], { rollout }: Forecast): boolean {
  if (rollout?.stoppedAt !== undefined || rollout?.waitsFor === 'version') return true;
  return open.some(({ isPinned, isByHand }) => isPinned || isByHand);
}

/**
 * When the nodes will be done: their groups one after another, and the soak times between the waves. No group begins
 * outside the windows, while a wave soaks there as well, from when it was proven.
 */
function forecastEnd(nodes: number, { settings, nodes: all, isInPlace, rollout, now }: Forecast): number {
  const { waves, soakMinutes, maxUnavailable, maxDisruptionMinutes, windows } = settings;
  const groups = Math.ceil(nodes / nodesOf(maxUnavailable, all.length, Math.floor));
  const each = isInPlace ? switchMinutes : (maxDisruptionMinutes ?? leaveMinutes);
  const provenAt = rollout?.provenAt;
  let at = provenAt === undefined ? (nextOpening(windows, now) ?? now) : Date.parse(provenAt);
  for (let wave = rollout?.wave ?? 0; wave < waves.length - 1; wave++) {
    const soaked = Math.max(now, at + soakMinutes * 60_000);
    at = nextOpening(windows, soaked) ?? soaked;
  }
  return Math.max(now, at) + (groups * each * 60_000) / openShare(windows);
}

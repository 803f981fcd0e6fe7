import type { RolloutAct } from '../../../domain/rollout/rollout.ts';
import { type RolloutSettings, type Share, weekdays } from '../../../domain/rollout/settings.ts';
import { matrixFaults } from '../../../packages/lab/faults.ts';
import type { SeededRandom } from '../seeded-random.ts';

/** A deployment that changes what new launches get. */
export interface VersionDeploy {
  /** When it begins, in milliseconds after the first one. */
  readonly atMs: number;
  readonly default: string;
  /** The versions that an advisory withdraws by then. */
  readonly withdrawn: readonly string[];
}

/** An act of an operator. */
export interface DrawnAct {
  /** Milliseconds after the first deployment. */
  readonly atMs: number;
  readonly act: RolloutAct['act'];
}

/** A rollout that a run plays: a pool that was released with one version, and what happens to it. */
export interface RolloutDraw {
  readonly runtime: 'gvisor' | 'kata';
  /** The version that the pool was released with. */
  readonly before: string;
  readonly settings: RolloutSettings;
  readonly deploys: readonly VersionDeploy[];
  /** The versions whose proof fails on every node. */
  readonly bad: readonly string[];
  readonly acts: readonly DrawnAct[];
  /** How many nodes have a tag that names the version they have. */
  readonly pinned: number;
  /** When nodes are launched and terminated by an autoscaler, in milliseconds after the first deployment. */
  readonly launchesMs: readonly number[];
  readonly terminationsMs: readonly number[];
  /** When each fault is planted, in milliseconds after the first deployment. */
  readonly faultsMs: readonly number[];
}

const minute = 60_000;

/** Versions of the catalogue, in the order in which a rollout brings them. */
const versions = {
  gvisor: ['20260921.0', '20260928.0', '20261005.0'],
  kata: ['4.1.0', '4.2.0'],
} as const;

/** Faults that concern nodes which have a version already: those of the first installation are for launches. */
export const rolloutFaults: readonly string[] = matrixFaults.filter(
  (name) => !['machine-faulty', 'version-bad'].includes(name),
);

/** Waves that begin with one node, or with two. */
const waves: readonly (readonly Share[])[] = [
  [{ nodes: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
  [{ nodes: 1 }, { percent: 50 }, { percent: 100 }],
  [{ nodes: 1 }, { percent: 100 }],
  [{ nodes: 2 }, { percent: 100 }],
];

const shares: readonly Share[] = [{ nodes: 1 }, { nodes: 2 }, { percent: 10 }, { percent: 34 }, { percent: 50 }];

/** Draws the rollout of a run with some faults. */
export function drawRollout(random: SeededRandom, faults: number): RolloutDraw {
  const runtime = random.chance(0.7) ? 'gvisor' : 'kata';
  const all = versions[runtime];
  const [before, first] = all;
  const withdraws = random.chance(0.5);
  const withdrawn = withdraws ? [before] : [];
  const deploys: VersionDeploy[] = [{ atMs: 0, default: first, withdrawn }];
  const bad = random.chance(0.3) ? [first] : [];
  if (random.chance(0.4)) {
    const third = random.pick(withdraws ? [all[2] ?? first] : [all[2] ?? before, before]);
    deploys.push({ atMs: random.int(1, 60) * minute, default: third, withdrawn });
  }
  return {
    ...{ runtime, before, deploys, bad },
    settings: drawSettings(random),
    acts: drawActs(random),
    pinned: random.chance(0.2) ? 1 : 0,
    launchesMs: times(random, 0.4),
    terminationsMs: times(random, 0.4),
    faultsMs: Array.from({ length: faults }, () => random.int(0, 25) * minute),
  };
}

/** The clock of a run begins at nine: a window is closed at first, and once more for an hour. */
const parted: RolloutSettings['windows'] = [
  { days: weekdays, from: 38, to: 41, timeZone: 'UTC' },
  { days: weekdays, from: 45, to: 36, timeZone: 'UTC' },
];

function drawSettings(random: SeededRandom): RolloutSettings {
  const wait = random.pick([0, 20, 45]);
  const windows = random.chance(0.15) ? parted : undefined;
  return {
    waves: random.pick(waves),
    soakMinutes: random.pick([1, 4, 10]),
    maxUnavailable: random.pick(shares),
    ...(wait === 0 ? {} : { maxDisruptionMinutes: wait }),
    ...(windows === undefined ? {} : { windows }),
    deadlines: [],
  };
}

/** A pause is followed by a resume; any other act comes by itself. */
function drawActs(random: SeededRandom): readonly DrawnAct[] {
  if (!random.chance(0.35)) return [];
  const atMs = random.int(3, 50) * minute;
  const act = random.pick(['pause', 'pause', 'abort', 'rollback', 'resume'] as const);
  if (act !== 'pause' && !random.chance(0.4)) return [{ atMs, act }];
  const later = atMs + random.int(2, 40) * minute;
  return [
    { atMs, act },
    {
      atMs: later,
      act: random.pick(act === 'pause' ? (['resume', 'resume', 'abort'] as const) : (['resume'] as const)),
    },
  ];
}

/** Some times within the first hour, or none. */
function times(random: SeededRandom, share: number): readonly number[] {
  return random.chance(share)
    ? Array.from({ length: random.int(1, 3) }, () => random.int(0, 60) * minute + random.int(0, 59_000))
    : [];
}

import { matrixFaults } from '../../packages/lab/faults.ts';
import { drawRollout, type RolloutDraw, rolloutFaults } from './rollouts/draw-rollout.ts';
import { SeededRandom } from './seeded-random.ts';

/** The content of one run: a pure function of the seed and the run's number. */
export interface Draw {
  readonly seed: number;
  readonly run: number;
  readonly faults: readonly string[];
  readonly nodes: number;
  /** From the first launch to the last, in milliseconds. */
  readonly withinMs: number;
  /** The rollout that the run plays after its nodes were released; absent if it plays launches only. */
  readonly rollout?: RolloutDraw;
}

/** One run in this number plays a rollout. */
const rolloutEvery = 4;

/** The largest pool, which every session plays at least once. */
const largest = 300;

/** Sizes of pools with their shares in a thousand runs: most failures concern one node, and a large pool takes time. */
const sizes: readonly (readonly [share: number, from: number, to: number])[] = [
  [620, 1, 1],
  [240, 2, 4],
  [115, 5, 12],
  [22, 13, 40],
  [3, 41, largest],
];

/**
 * Draws a run. The first launches play each fault by itself, then every other one plays several together. Every fourth
 * run is a rollout, with up to three faults.
 */
export function draw(seed: number, run: number): Draw {
  const random = new SeededRandom(seed, run);
  if (run > 0 && run % rolloutEvery === 0) {
    const faults = random.some(rolloutFaults, random.pick([0, 1, 1, 2, 3]));
    const nodes = random.chance(0.8) ? random.int(3, 8) : random.int(9, 20);
    return { seed, run, faults, nodes, withinMs: random.int(0, 60_000), rollout: drawRollout(random, faults.length) };
  }
  const number = run - Math.floor(run / rolloutEvery);
  const alone = number <= matrixFaults.length || random.chance(0.4);
  const picked = alone
    ? [matrixFaults[(number + matrixFaults.length - 1) % matrixFaults.length] ?? '']
    : random.some(matrixFaults, random.int(2, 5));
  const nodes = run === 0 ? largest : size(random);
  return { seed, run, faults: run === 0 ? [] : picked, nodes, withinMs: nodes === 1 ? 0 : random.int(0, 90_000) };
}

function size(random: SeededRandom): number {
  let thrown = random.int(
    1,
    sizes.reduce((sum, [share]) => sum + share, 0),
  );
  for (const [share, from, to] of sizes) {
    thrown -= share;
    if (thrown <= 0) return random.int(from, to);
  }
  return 1;
}

import type { Draw } from './draw.ts';
import { deadlineMs, FaultRun } from './fault-run.ts';
import { invariants } from './invariants/all.ts';
import { due, endsOf, strandedGraceMs } from './invariants/ended.ts';
import { isOver, launchNodes, plantFault } from './over.ts';
import { playRollout } from './rollouts/play-rollout.ts';
import { SeededRandom } from './seeded-random.ts';

/** The result of a run. */
export interface Played {
  readonly draw: Draw;
  /** How many times each outcome was published. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** `<invariant>: <violation>`. */
  readonly violations: readonly string[];
  /** From the launch to the end of the slowest node, in milliseconds of virtual time. */
  readonly worstMs: number;
  /** How long the run took in this process, in milliseconds. */
  readonly wallMs: number;
}

/**
 * How long a run continues after all is done, in milliseconds: late or repeated messages should find their node ended.
 */
const aftermathMs = 6 * 60_000;
/**
 * How long after its last deadline and the grace a run is given up, in milliseconds: late messages and commands reach
 * their ends meanwhile.
 */
const patienceMs = 40 * 60_000;

/** Plays one run to its end and checks it from outside. */
export async function play(assembly: string, draw: Draw): Promise<Played> {
  const began = performance.now();
  const chance = new SeededRandom(draw.seed, draw.run, 1);
  // The jitter of the functions and of the services is part of the run.
  Math.random = () => chance.real();
  const faultRun = await FaultRun.begin(assembly, new SeededRandom(draw.seed, draw.run, 2));
  try {
    if (draw.rollout === undefined) await playLaunches(faultRun, draw);
    else await playRollout(faultRun, draw, draw.rollout);
    await faultRun.run(() => false, faultRun.clock.now() + aftermathMs);
    faultRun.restsFrom = faultRun.clock.now();
    await faultRun.run(() => isOver(faultRun), faultRun.clock.now() + deadlineMs + strandedGraceMs);
    return { ...verdict(faultRun), draw, wallMs: Math.round(performance.now() - began) };
  } finally {
    await faultRun.stop();
  }
}

/** Plants the faults, launches the nodes and waits for their ends. */
async function playLaunches(faultRun: FaultRun, draw: Draw): Promise<void> {
  for (const index of draw.faults.keys()) plantFault(faultRun, draw, index);
  launchNodes(faultRun, draw);
  const until = faultRun.clock.now() + draw.withinMs + deadlineMs + strandedGraceMs + patienceMs;
  await faultRun.run(() => isOver(faultRun), until);
}

function verdict(faultRun: FaultRun): Pick<Played, 'outcomes' | 'violations' | 'worstMs'> {
  const outcomes: Record<string, number> = {};
  let worstMs = 0;
  for (const launch of due(faultRun)) {
    const ends = endsOf(faultRun, launch);
    const outcome = ends.at(-1)?.outcome ?? 'none';
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const [first] = ends;
    if (first !== undefined) worstMs = Math.max(worstMs, first.endedAt - launch.at);
  }
  const violations = invariants.flatMap(({ name, violations: find }) =>
    find(faultRun).map((said) => `${name}: ${said}`),
  );
  return { outcomes, violations, worstMs };
}

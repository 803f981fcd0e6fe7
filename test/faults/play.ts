import { Dice } from './dice.ts';
import type { Draw } from './draw.ts';
import { faults } from './families/all.ts';
import { invariants } from './invariants/all.ts';
import { inFlight } from './invariants/at-rest.ts';
import { due, endsOf, strandedGraceMs } from './invariants/ended.ts';
import { deadlineMs, Trial } from './trial.ts';

/** What came of a run. */
export interface Played {
  readonly draw: Draw;
  /** How often each outcome was told. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** `<invariant>: <what speaks against it>`. */
  readonly violations: readonly string[];
  /** From the launch to the end of the node that took longest, in milliseconds of virtual time. */
  readonly worstMs: number;
  /** How long the run took in this process, in milliseconds. */
  readonly wallMs: number;
}

/** How long a run goes on after all is done, in milliseconds: what comes late or twice shall find its node ended. */
const aftermathMs = 6 * 60_000;
/** How long after its last deadline and the grace a run is given up, in milliseconds: late messages and commands come to their ends meanwhile. */
const patienceMs = 40 * 60_000;

/** Plays one run to its end and looks at it from outside. */
export async function play(assembly: string, draw: Draw): Promise<Played> {
  const began = performance.now();
  const chance = new Dice(draw.seed, draw.run, 1);
  // The jitter of the functions and of the services is part of the run.
  Math.random = () => chance.real();
  const trial = await Trial.begin(assembly, new Dice(draw.seed, draw.run, 2));
  try {
    draw.faults.forEach((name, index) => {
      const fault = faults[name];
      if (fault === undefined) throw new Error(`there is no fault ${name}`);
      trial.faults.push(fault);
      fault.plant(trial, new Dice(draw.seed, draw.run, 3 + index));
    });
    for (let index = 0; index < draw.nodes; index++) {
      trial.after((index * draw.withinMs) / draw.nodes, () => trial.launch());
    }
    await trial.run(() => isOver(trial), trial.clock.now() + draw.withinMs + deadlineMs + strandedGraceMs + patienceMs);
    await trial.run(() => false, trial.clock.now() + aftermathMs);
    trial.restsFrom = trial.clock.now();
    await trial.run(() => isOver(trial), trial.clock.now() + deadlineMs + strandedGraceMs);
    return { ...verdict(trial), draw, wallMs: Math.round(performance.now() - began) };
  } finally {
    await trial.stop();
  }
}

/** Whether every node that has to end has ended, and nothing is under way. */
function isOver(trial: Trial): boolean {
  const booted = trial.watch.launches.every(({ runningAt, goneAt }) => runningAt !== undefined || goneAt !== undefined);
  if (!booted || trial.pending > 0 || trial.world.services.states.running > 0) return false;
  const open = trial.watch.launches.some(
    (one) => one.ours && one.goneAt === undefined && endsOf(trial, one).length === 0,
  );
  return !open && inFlight(trial).length === 0 && isWritten(trial);
}

/** Whether the audit trail has all that was told: what goes to it takes its time. */
function isWritten({ watch, world }: Trial): boolean {
  const written = new Set(world.audit().map(({ id }) => id));
  return [...watch.told].every((id) => written.has(id));
}

function verdict(trial: Trial): Pick<Played, 'outcomes' | 'violations' | 'worstMs'> {
  const outcomes: Record<string, number> = {};
  let worstMs = 0;
  for (const launch of due(trial)) {
    const ends = endsOf(trial, launch);
    const outcome = ends.at(-1)?.outcome ?? 'none';
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    const [first] = ends;
    if (first !== undefined) worstMs = Math.max(worstMs, first.endedAt - launch.at);
  }
  const violations = invariants.flatMap(({ name, violations: find }) => find(trial).map((said) => `${name}: ${said}`));
  return { outcomes, violations, worstMs };
}

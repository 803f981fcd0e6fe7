import { karpenterNode, type LaunchedNode, type Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { startPrepared } from '../scenarios/prepared.ts';
import { latency } from './latency.ts';

/** What a run of a large pool showed. */
export interface PoolRun {
  readonly world: Simulation;
  readonly nodes: readonly LaunchedNode[];
  /** Whether every node ended in time. */
  readonly ended: boolean;
  /** How long the run took in this process, in milliseconds. */
  readonly wallMs: number;
}

const cluster = 'demo';
const patienceMs = 60 * 60_000;

/**
 * Launches nodes evenly within a time, and runs them to their ends. The simulation continues until it is stopped.
 *
 * @param assembly the folder of the cloud assembly
 * @param withinMs from the first launch to the last, on the virtual clock
 * @param prepare changes the simulation before the first launch
 */
export async function runPool(
  assembly: string,
  count: number,
  withinMs: number,
  prepare: (world: Simulation) => void = () => {},
): Promise<PoolRun> {
  const began = performance.now();
  const clock = new VirtualClock();
  const world = await startPrepared(assembly, {
    clock,
    // Batches form while functions are busy.
    faults: latency(clock),
  });
  prepare(world);
  const nodes: LaunchedNode[] = [];
  let launched = 0;
  for (let index = 0; index < count; index++) {
    clock.after((index * withinMs) / count, () => {
      void world.launch(karpenterNode(cluster, 'airlock.dev/bootstrap')).then((node) => {
        nodes.push(node);
        launched++;
      });
    });
  }
  await clock.run(() => launched === count);
  const ended = await world.settle(patienceMs);
  return { world, nodes, ended, wallMs: Math.round(performance.now() - began) };
}

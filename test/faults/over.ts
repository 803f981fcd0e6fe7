import { faultOf } from '../../packages/lab/faults.ts';
import type { Draw } from './draw.ts';
import type { FaultRun } from './fault-run.ts';
import { inFlight } from './invariants/at-rest.ts';
import { endsOf } from './invariants/ended.ts';
import { SeededRandom } from './seeded-random.ts';

/** Plants one of a draw's faults. */
export function plantFault(faultRun: FaultRun, { seed, run, faults }: Draw, index: number): void {
  const name = faults[index] ?? '';
  const fault = faultOf(name);
  faultRun.faults.push(fault);
  faultRun.faultNames.push(name);
  fault.plant(faultRun, new SeededRandom(seed, run, 3 + index));
}

/** Launches the nodes of a draw, spread over its time. */
export function launchNodes(faultRun: FaultRun, { nodes, withinMs }: Draw): void {
  for (let index = 0; index < nodes; index++) faultRun.after((index * withinMs) / nodes, () => faultRun.launch());
}

/** Whether every node that must end has ended, and nothing is in progress. */
export function isOver(faultRun: FaultRun): boolean {
  const booted = faultRun.watch.launches.every(
    ({ runningAt, goneAt }) => runningAt !== undefined || goneAt !== undefined,
  );
  if (!booted || faultRun.pending > 0 || faultRun.world.services.states.running > 0) return false;
  const open = faultRun.watch.launches.some(
    (one) => one.ours && one.goneAt === undefined && endsOf(faultRun, one).length === 0,
  );
  return !open && inFlight(faultRun).length === 0 && isWritten(faultRun);
}

/** Whether the audit trail has all published events: they arrive with a delay. */
function isWritten({ watch, world }: FaultRun): boolean {
  const written = new Set(world.audit().map(({ id }) => id));
  return [...watch.told].every((id) => written.has(id));
}

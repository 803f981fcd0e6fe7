import { setTimeout } from 'node:timers/promises';
import type { RunRecord } from '../../domain/ledger.ts';
import { readRuns } from '../explain/read-launch.ts';
import { CouldNotLook } from '../output/errors.ts';
import { phaseOf } from '../status/fleet.ts';
import type { ActReach } from './reach.ts';

/** How often the ledger is read, in milliseconds. */
const everyMs = 2_000;

/** How long a run may take to begin, in milliseconds: reconcile has begun twice by then. */
const beginsWithinMs = 5 * 60_000;

/** How long after its deadline a run may take to end, in milliseconds: reconcile ends it then. */
const endsWithinMs = 25 * 60_000;

/**
 * Follows the run after another one, until its end.
 *
 * @param before the latest run so far
 * @param say receives a line for each phase
 * @throws CouldNotLook if the run does not begin, or has no end
 */
export async function followRun(reach: ActReach, before: RunRecord, say: (line: string) => void): Promise<RunRecord> {
  const { instanceId } = before;
  const began = Date.now();
  let shown = '';
  for (;;) {
    const runs = await readRuns(reach, instanceId);
    const run = runs.filter(({ launchedAt }) => launchedAt > before.launchedAt).at(0);
    if (run?.endedAt !== undefined) return run;
    const phase = run === undefined ? 'waiting for reconcile' : phaseOf(run);
    if (phase !== shown) say(`${instanceId}  ${phase}`);
    shown = phase;
    if (Date.now() - began > patienceMs(run)) {
      const log = 'the log of the function reconcile has the reason';
      throw new CouldNotLook(`${instanceId}: the run is ${run === undefined ? 'not begun' : `still ${phase}`}; ${log}`);
    }
    await setTimeout(everyMs);
  }
}

/**
 * How long to wait since the beginning, in milliseconds. The ledger's times are not compared with this machine's clock.
 */
function patienceMs(run: RunRecord | undefined): number {
  const { recordedAt = '', launch } = run ?? {};
  if (run === undefined) return beginsWithinMs;
  return beginsWithinMs + (Date.parse(launch?.deadline ?? '') - Date.parse(recordedAt) || 0) + endsWithinMs;
}

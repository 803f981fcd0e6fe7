import { listExposures } from '../../domain/exposure.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { fleetNodes } from '../advisories/fleet-nodes.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { Screen } from '../output/screen.ts';
import { outputWidth, print, wrap } from '../output/text.ts';
import { connectFleet } from './connect.ts';
import { listExposed } from './exposed.ts';
import { type Fleet, FleetSchema, fleetOf, isHealthy } from './fleet.ts';
import { type FleetLayout, fleetLines } from './print.ts';
import { readFleet } from './read-fleet.ts';
import { watch } from './watch.ts';

/** How often `--watch` looks again, in milliseconds. */
const watchEveryMs = 5_000;

/** What `airlock status` is asked for. */
export interface StatusOptions {
  readonly watch: boolean;
  readonly json: boolean;
  readonly config?: string;
}

/** `airlock status`: the fleet by pool. A node that needs a person, an open breaker, a rollout that stopped, or a
 * node with a withdrawn version counts as a finding. */
export async function status(options: StatusOptions): Promise<ExitCode> {
  if (options.watch && options.json) {
    throw new UsageError("option '--watch' is given with '--json'; accepted: one of them");
  }
  const settings = loadSettings({ config: options.config });
  const source = await connectFleet(settings.config);
  const look = async () => {
    const reading = await readFleet(source);
    const exposures = listExposures(fleetNodes(reading, settings, Date.now()), settings.catalogue);
    return fleetOf(reading, Date.now(), listExposed(exposures, settings.config.withdrawAt));
  };
  try {
    if (options.watch) return await watchFleet(look);
    const fleet = await look();
    if (options.json) printJson(FleetSchema, fleet);
    else for (const line of fleetLines(fleet, layout())) print(line);
    return exitCodeOf(fleet);
  } finally {
    source.dynamoDb.destroy();
    source.ec2.destroy();
    source.lambda.destroy();
  }
}

/** A terminal shows so many launches that the rest of the fleet stays in sight. */
function layout(): FleetLayout {
  return { width: outputWidth(), mostUnderWay: process.stdout.isTTY ? 20 : Number.POSITIVE_INFINITY };
}

/**
 * Looks until Ctrl-C. A terminal shows the latest look in place. Anything else gets one look after the other.
 *
 * @returns the exit code of the last look
 */
async function watchFleet(look: () => Promise<Fleet>): Promise<ExitCode> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const screen = process.stdout.isTTY ? new Screen(process.stdout) : undefined;
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, end);
  try {
    const last = await watch({
      everyMs: watchEveryMs,
      signal: ending.signal,
      look,
      show: (fleet, failure) => {
        const failed = failure === undefined ? [] : ['', wrap(`could not look again: ${failure}`, outputWidth())];
        const text = [...fleetLines(fleet, layout()), ...failed].join('\n');
        if (screen === undefined) print(`${text}\n`);
        else screen.draw(`${text}\n\nCtrl-C ends it`);
      },
    });
    screen?.close();
    if (last === undefined) return exitCodes.couldNotLook;
    // The terminal keeps what was seen last.
    if (screen !== undefined) for (const line of fleetLines(last.seen, layout())) print(line);
    return last.failure === undefined ? exitCodeOf(last.seen) : exitCodes.couldNotLook;
  } finally {
    screen?.close();
    for (const signal of signals) process.off(signal, end);
  }
}

/** What is known to be wrong comes before what is not known. */
function exitCodeOf(fleet: Fleet): ExitCode {
  if (!isHealthy(fleet)) return exitCodes.findings;
  return fleet.notChecked.length > 0 ? exitCodes.couldNotLook : exitCodes.fine;
}

import { type Runtime, runtimeTraits } from '../../../domain/runtimes.ts';
import type { Ended } from '../../local-aws/agent.ts';

/** How long an inventory takes on the simulated machine, in milliseconds. */
const durationMs = 100;

/**
 * Answers the document `inventory` as the simulated machine does; a test compares both. No sandbox runs on a modelled
 * machine.
 *
 * @param text the script
 * @param version the version on the machine; undefined if it has none
 * @returns undefined for any other document
 */
export function answerInventory(text: string, version: string | undefined): Ended | undefined {
  const runtime = /^verb=inventory runtime=(\w+) /m.exec(text)?.[1] as Runtime | undefined;
  if (runtime === undefined) return undefined;
  const line = {
    ...{ airlock: 1, verb: 'inventory', runtime, version: version ?? '', outcome: 'inventoried', detail: '' },
    ...{ handler: runtimeTraits[runtime].handlers[0], sha256: '', config: 'untouched', restarts: 0 },
    phases: { lock: 20, inventory: 20 },
  };
  const stderr = 'phase: lock\nphase: inventory\n';
  return { exitCode: 0, timedOut: false, stdout: `${JSON.stringify(line)}\n`, stderr, durationMs };
}

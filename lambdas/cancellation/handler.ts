import * as v from 'valibot';
import { type RunKey, RunKeySchema } from '../../domain/ledger.ts';
import { refused } from '../../domain/messages.ts';
import { cancelCommand, findCommand, invocationsOf } from '../adapters/commands.ts';
import { readRun, recordCancellation, recordCommand } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { canCancel, decideCancellation } from './decide.ts';

/** How long one call waits for the end of a command, and how often it polls, in milliseconds. */
const callMs = 20_000;
const pollMs = 2_000;

/** What became of the command on a node, as the state machine reads it. */
interface Cancelled {
  readonly ended: boolean;
  readonly what: string;
}

/** The ledger does not allow cancelling the run. */
class Refused extends Error {
  override readonly name = refused;
}

/**
 * Makes sure that no command runs on a node: prevents new ones, cancels the running one and waits for its end.
 * Repeating this is harmless.
 *
 * @param event the key of the run record; nothing is done unless the run has failed or its time is up
 * @returns whether no command runs, and why or why not. The state machine calls again if one does: that is no error
 * @throws an error named `Refused` if the run may not be cancelled
 */
export async function handler(event: unknown): Promise<Cancelled> {
  const { key } = v.parse(v.object({ key: RunKeySchema }), event);
  const until = Date.now() + callMs;
  const cancelled = new Set<string>();
  if (!canCancel(await readRun(key), Date.now())) throw new Refused('the run has not failed, and its time is not up');
  await recordCancellation(key, new Date().toISOString());
  for (;;) {
    const state = await step(key, cancelled);
    if (state.ended || Date.now() + pollMs > until) return state;
    await systemTime.sleep(pollMs);
  }
}

async function step(key: RunKey, cancelled: Set<string>): Promise<Cancelled> {
  const run = await readRun(key);
  const commandId = run?.commandId;
  const invocations = commandId === undefined ? [] : await invocationsOf(commandId, key.instanceId);
  const invocation = invocations.find(({ instanceId }) => instanceId === key.instanceId);
  let decided = decideCancellation(run, { invocation, nothingFound: false }, Date.now());
  if (decided.step === 'look') {
    const found = await findCommand(decided.batchId, decided.since);
    if (found?.instanceIds.includes(key.instanceId)) {
      await recordCommand(key, decided.batchId, found.commandId, found.at);
      decided = { step: 'cancel', commandId: found.commandId };
    } else {
      decided = decideCancellation(run, { invocation, nothingFound: true }, Date.now());
    }
  }
  logger.info('decided', { instanceId: key.instanceId, step: decided });
  if (decided.step === 'done') return { ended: true, what: decided.because };
  if (decided.step !== 'cancel') return { ended: false, what: `it is not known yet whether a command was sent` };
  if (!cancelled.has(decided.commandId)) await cancelCommand(decided.commandId, key.instanceId);
  cancelled.add(decided.commandId);
  return { ended: false, what: `the command ${decided.commandId} was cancelled and has not ended` };
}

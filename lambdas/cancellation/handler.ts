import * as v from 'valibot';
import { type RunKey, RunKeySchema } from '../../domain/ledger.ts';
import { refused, retryLater } from '../../domain/messages.ts';
import { cancelCommand, findCommand, invocationsOf } from '../adapters/commands.ts';
import { recordCancellation, recordCommand, rowOf } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { decideCancellation, mayHalt } from './decide.ts';

/** How long one call waits for the end of a command, and how often it looks, in milliseconds. */
const callMs = 20_000;
const pollMs = 2_000;

/** A command is still at work; the state machine asks again. */
class StillRunning extends Error {
  override readonly name = retryLater;
}

/** The ledger does not say that the run is over. */
class Refused extends Error {
  override readonly name = refused;
}

/**
 * Sees to it that no command of ours is at work on a node: keeps new ones away, cancels the one that runs and waits for its end. Repeating
 * it does no harm.
 *
 * @param event the key of the node's row; nothing is done unless the row says that the run failed, or its time is up
 * @throws an error named `RetryLater` while a command has not ended, or `Refused` if the run is not to be halted
 */
export async function handler(event: unknown): Promise<{ readonly halted: string }> {
  const { key } = v.parse(v.object({ key: RunKeySchema }), event);
  const until = Date.now() + callMs;
  const cancelled = new Set<string>();
  if (!mayHalt(await rowOf(key), Date.now())) throw new Refused('the run has not failed, and its time is not up');
  await recordCancellation(key, new Date().toISOString());
  for (;;) {
    const said = await step(key, cancelled);
    if (said.ended) return { halted: said.what };
    if (Date.now() + pollMs > until) throw new StillRunning(said.what);
    await systemTime.sleep(pollMs);
  }
}

async function step(key: RunKey, cancelled: Set<string>): Promise<{ readonly ended: boolean; readonly what: string }> {
  const run = await rowOf(key);
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
  if (decided.step !== 'cancel') return { ended: false, what: `whether a command was sent is not known yet` };
  if (!cancelled.has(decided.commandId)) await cancelCommand(decided.commandId, key.instanceId);
  cancelled.add(decided.commandId);
  return { ended: false, what: `the command ${decided.commandId} was cancelled and has not ended` };
}

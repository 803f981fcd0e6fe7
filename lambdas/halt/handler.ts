import * as v from 'valibot';
import { rowName } from '../../domain/ledger.ts';
import { notYet } from '../../domain/messages.ts';
import { type Node, NodeSchema } from '../../domain/node.ts';
import { cancelCommand, findCommand, invocationsOf } from '../adapters/commands.ts';
import { halt, launchesOf, noteCommand } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';
import { next } from './decide.ts';

/** How long one call waits for the end of a command, and how often it looks, in milliseconds. */
const callMs = 20_000;
const pollMs = 2_000;

/** A command is still at work; the state machine asks again. */
class StillRunning extends Error {
  override readonly name = notYet;
}

/**
 * Sees to it that no command of ours is at work on a node: keeps new ones away, cancels the one that runs and waits for its end. Repeating
 * it does no harm.
 *
 * @param event the node
 * @throws an error named `NotYet` while a command has not ended
 */
export async function handler(event: unknown): Promise<{ readonly halted: string }> {
  const { node } = v.parse(v.object({ node: NodeSchema }), event);
  const until = Date.now() + callMs;
  const cancelled = new Set<string>();
  await halt(node, new Date().toISOString());
  for (;;) {
    const said = await step(node, cancelled);
    if (said.ended) return { halted: said.what };
    if (Date.now() + pollMs > until) throw new StillRunning(said.what);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

async function step(node: Node, cancelled: Set<string>): Promise<{ readonly ended: boolean; readonly what: string }> {
  const row = (await launchesOf(node.instanceId)).find((one) => rowName(one) === rowName(node));
  const commandId = row?.commandId;
  const invocations = commandId === undefined ? [] : await invocationsOf(commandId, node.instanceId);
  const standing = invocations.find(({ instanceId }) => instanceId === node.instanceId);
  let decided = next(row, { standing, nothingFound: false }, Date.now());
  if (decided.step === 'look') {
    const found = await findCommand(decided.batchId, decided.since);
    if (found?.instanceIds.includes(node.instanceId)) {
      await noteCommand(node, decided.batchId, found.commandId, found.at);
      decided = { step: 'cancel', commandId: found.commandId };
    } else {
      decided = next(row, { standing, nothingFound: true }, Date.now());
    }
  }
  logger.info('decided', { instanceId: node.instanceId, step: decided });
  if (decided.step === 'done') return { ended: true, what: decided.because };
  if (decided.step !== 'cancel') return { ended: false, what: `whether a command was sent is not known yet` };
  if (!cancelled.has(decided.commandId)) await cancelCommand(decided.commandId, node.instanceId);
  cancelled.add(decided.commandId);
  return { ended: false, what: `the command ${decided.commandId} was cancelled and has not ended` };
}

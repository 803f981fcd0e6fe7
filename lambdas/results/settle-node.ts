import type { RunRecord } from '../../domain/ledger.ts';
import { publish } from '../adapters/bus.ts';
import type { Invocation } from '../adapters/commands.ts';
import { fail, succeed } from '../adapters/executions.ts';
import { recordAnswered, recordProven } from '../adapters/ledger.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { decideAnswer, ownerOf } from './decide.ts';
import { settledEvent } from './event.ts';
import { settleInventory } from './settle-inventory.ts';

/**
 * Answers the state that waits for an ended command, once. What was proven is recorded first, because a release depends
 * only on the run record. Then the state is answered, and the event published and recorded, in this order. A function
 * that dies in between answers an expired token again, which is harmless.
 *
 * @param runs the records of the instance that the command ran on
 */
export async function settleNode(runs: readonly RunRecord[], commandId: string, invocation: Invocation): Promise<void> {
  const run = ownerOf(runs, commandId, invocation);
  if (run?.token === undefined) {
    if (await settleInventory(runs, commandId, invocation)) return;
    count('StrangerResult', 1);
    logger.info('a command that Airlock did not send ended', { commandId, instanceId: invocation.instanceId });
    return;
  }
  if (run.settledToken === run.token) return;
  const at = new Date().toISOString();
  const answer = decideAnswer(run, commandId, invocation, at);
  if (answer.answer === 'success') {
    if (!(await recordProven(run, run.token, answer.installation))) return;
    await succeed(run.token, {});
  } else await fail(run.token, answer.failure);
  const event = settledEvent(run, commandId, answer, at);
  if (event !== undefined) await publish([event]);
  await recordAnswered(run, run.token, at);
}

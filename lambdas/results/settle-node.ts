import { type Telling, whoOf } from '../../domain/events.ts';
import { type LedgerRow, launchTimeOf } from '../../domain/ledger.ts';
import { tell } from '../adapters/bus.ts';
import type { Invocation } from '../adapters/commands.ts';
import { fail, succeed } from '../adapters/executions.ts';
import { noteProven, noteSettled } from '../adapters/ledger.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { type Answer, decideAnswer, ownerOf } from './decide.ts';

/**
 * Answers the state that waits for a command that ended, once. What was proven comes into the row first, for a release stands on that alone. Then
 * it answers, tells and notes, in this order: a function that dies between two of them answers a dead token again, which does no harm.
 *
 * @param rows every launch of the instance that the command ran on
 */
export async function settleNode(rows: readonly LedgerRow[], commandId: string, standing: Invocation): Promise<void> {
  const row = ownerOf(rows, commandId, standing);
  if (row?.token === undefined) {
    count('StrangerResult', 1);
    logger.info('a command that is none of ours ended', { commandId, instanceId: standing.instanceId });
    return;
  }
  if (row.settledToken === row.token) return;
  const at = new Date().toISOString();
  const answer = decideAnswer(row, commandId, standing, at);
  if (answer.answer === 'success') {
    if (!(await noteProven(row, row.token, answer.installation))) return;
    await succeed(row.token, {});
  } else await fail(row.token, answer.failure);
  await tell([telling(row, commandId, answer, at)]);
  await noteSettled(row, row.token, at);
}

function telling(row: LedgerRow, commandId: string, answer: Answer, at: string): Telling {
  const node = whoOf({ ...row, launchedAt: launchTimeOf(row) });
  return answer.answer === 'success'
    ? { type: 'Node Proven', detail: { node, installation: answer.installation } }
    : { type: 'Installation Failed', detail: { node, failure: answer.failure, commandId, at } };
}

import { type AirlockEvent, launchRef } from '../../domain/events.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { publish } from '../adapters/bus.ts';
import type { Invocation } from '../adapters/commands.ts';
import { fail, succeed } from '../adapters/executions.ts';
import { recordAnswered, recordProven } from '../adapters/ledger.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { type Answer, decideAnswer, ownerOf } from './decide.ts';

/**
 * Answers the state that waits for a command that ended, once. What was proven comes into the row first, for a release stands on that alone. Then
 * it answers, tells and notes, in this order: a function that dies between two of them answers a dead token again, which does no harm.
 *
 * @param runs every launch of the instance that the command ran on
 */
export async function settleNode(runs: readonly RunRecord[], commandId: string, invocation: Invocation): Promise<void> {
  const run = ownerOf(runs, commandId, invocation);
  if (run?.token === undefined) {
    count('StrangerResult', 1);
    logger.info('a command that is none of ours ended', { commandId, instanceId: invocation.instanceId });
    return;
  }
  if (run.settledToken === run.token) return;
  const at = new Date().toISOString();
  const answer = decideAnswer(run, commandId, invocation, at);
  if (answer.answer === 'success') {
    if (!(await recordProven(run, run.token, answer.installation))) return;
    await succeed(run.token, {});
  } else await fail(run.token, answer.failure);
  await publish([telling(run, commandId, answer, at)]);
  await recordAnswered(run, run.token, at);
}

function telling(run: RunRecord, commandId: string, answer: Answer, at: string): AirlockEvent {
  const launch = launchRef({ ...run, launchedAt: launchTimeOf(run) });
  return answer.answer === 'success'
    ? { type: 'Node Proven', detail: { launch, installation: answer.installation } }
    : { type: 'Installation Failed', detail: { launch, failure: answer.failure, commandId, at } };
}

import { hasEnded } from '../../domain/invocation-status.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { findCommand, invocationsOf } from '../adapters/commands.ts';
import type { Failures } from '../adapters/failures.ts';
import { recordCommand } from '../adapters/ledger.ts';
import { settleNode } from '../results/settle-node.ts';

/**
 * Polls SSM once for each command without an event about its end, and answers the states that wait for ended commands.
 * One that still runs is polled again in the next pass.
 *
 * @param runs the run records with an unanswered claim
 * @param failures a command that could not be settled is added here
 * @returns how many commands had ended: an event about each is missing
 */
export async function settleOverdue(runs: readonly RunRecord[], failures: Failures): Promise<number> {
  let ended = 0;
  const byBatch = Map.groupBy(runs, ({ batchId }) => batchId ?? '');
  for (const [batchId, ofBatch] of byBatch) {
    const unknown = ofBatch.filter(({ commandId }) => commandId === undefined);
    const lost = unknown.length === 0 ? [] : await foundBy(batchId, unknown);
    const byCommand = Map.groupBy([...ofBatch, ...lost], ({ commandId }) => commandId);
    for (const [commandId, ofCommand] of byCommand) {
      if (commandId !== undefined)
        ended += (await failures.attempt('settling a command', () => settleCommand(commandId, ofCommand))) ?? 0;
    }
  }
  return ended;
}

/**
 * Finds the command of a claim that was sent but not recorded. If SSM does not know it either, nothing was sent, and
 * `dispatch` receives the waiting message again.
 */
async function foundBy(batchId: string, runs: readonly RunRecord[]): Promise<readonly RunRecord[]> {
  const earliest = runs.map(({ claimedAt = '' }) => claimedAt).toSorted()[0] ?? '';
  const command = await findCommand(batchId, earliest);
  if (command === undefined) return [];
  const { commandId, at: sentAt, instanceIds } = command;
  const sent = runs.filter(({ instanceId }) => instanceIds.includes(instanceId));
  await Promise.all(sent.map((run) => recordCommand(run, batchId, commandId, sentAt)));
  return sent.map((run) => ({ ...run, commandId, sentAt }));
}

async function settleCommand(commandId: string, runs: readonly RunRecord[]): Promise<number> {
  const invocations = new Map((await invocationsOf(commandId)).map((one) => [one.instanceId, one]));
  const ended = runs.flatMap((run) => {
    const invocation = invocations.get(run.instanceId);
    return invocation !== undefined && hasEnded(invocation) ? [{ run, invocation }] : [];
  });
  const settled = await Promise.allSettled(
    ended.map(({ run, invocation }) => settleNode([run], commandId, invocation)),
  );
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return ended.length;
}

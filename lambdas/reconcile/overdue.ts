import { hasEnded } from '../../domain/invocation-status.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { findCommand, invocationsOf } from '../adapters/commands.ts';
import { recordCommand } from '../adapters/ledger.ts';
import { settleNode } from '../results/settle-node.ts';

/**
 * Asks SSM for commands whose end no event has told, once a command, and answers the states that wait for those that ended. One that still
 * runs is asked for again in the next run.
 *
 * @param runs rows with a claim that has no answer
 */
export async function settleOverdue(runs: readonly RunRecord[]): Promise<void> {
  const byBatch = Map.groupBy(runs, ({ batchId }) => batchId ?? '');
  for (const [batchId, ofBatch] of byBatch) {
    const unknown = ofBatch.filter(({ commandId }) => commandId === undefined);
    const lost = unknown.length === 0 ? [] : await foundBy(batchId, unknown);
    const byCommand = Map.groupBy([...ofBatch, ...lost], ({ commandId }) => commandId);
    for (const [commandId, ofCommand] of byCommand) {
      if (commandId !== undefined) await settleCommand(commandId, ofCommand);
    }
  }
}

/**
 * The rows of a claim whose command was sent although the ledger does not know it. If SSM does not know it either nothing was sent, and the
 * message that waits for it comes again to `dispatch`.
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

async function settleCommand(commandId: string, runs: readonly RunRecord[]): Promise<void> {
  const invocations = new Map((await invocationsOf(commandId)).map((one) => [one.instanceId, one]));
  await Promise.all(
    runs.map(async (run) => {
      const invocation = invocations.get(run.instanceId);
      if (invocation !== undefined && hasEnded(invocation)) await settleNode([run], commandId, invocation);
    }),
  );
}

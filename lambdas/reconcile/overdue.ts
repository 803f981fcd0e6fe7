import type { LedgerRow } from '../../domain/ledger.ts';
import { hasEnded } from '../../domain/standing.ts';
import { findCommand, invocationsOf } from '../adapters/commands.ts';
import { noteCommand } from '../adapters/ledger.ts';
import { settleNode } from '../results/settle-node.ts';

/**
 * Asks SSM for commands whose end no event has told, once a command, and answers the states that wait for those that ended. One that still
 * runs is asked for again in the next run.
 *
 * @param rows rows with a claim that has no answer
 */
export async function settleOverdue(rows: readonly LedgerRow[]): Promise<void> {
  const byBatch = Map.groupBy(rows, ({ batchId }) => batchId ?? '');
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
 * The rows of a claim whose command was sent although the ledger does not know it. Where SSM does not know it either nothing was sent, and the
 * message that waits for it comes again to `dispatch`.
 */
async function foundBy(batchId: string, rows: readonly LedgerRow[]): Promise<readonly LedgerRow[]> {
  const earliest = rows.map(({ claimedAt = '' }) => claimedAt).toSorted()[0] ?? '';
  const command = await findCommand(batchId, earliest);
  if (command === undefined) return [];
  const { commandId, at: sentAt, instanceIds } = command;
  const sent = rows.filter(({ instanceId }) => instanceIds.includes(instanceId));
  await Promise.all(sent.map((row) => noteCommand(row, batchId, commandId, sentAt)));
  return sent.map((row) => ({ ...row, commandId, sentAt }));
}

async function settleCommand(commandId: string, rows: readonly LedgerRow[]): Promise<void> {
  const standings = new Map((await invocationsOf(commandId)).map((one) => [one.instanceId, one]));
  await Promise.all(
    rows.map(async (row) => {
      const standing = standings.get(row.instanceId);
      if (standing !== undefined && hasEnded(standing)) await settleNode([row], commandId, standing);
    }),
  );
}

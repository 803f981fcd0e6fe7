import { type LedgerRow, rowKeyOf } from '../../domain/ledger.ts';
import { endExecutionOf } from '../../domain/node.ts';
import { stranded } from '../../domain/receipt.ts';
import { variable } from '../adapters/environment.ts';
import { drawName, start, stop } from '../adapters/executions.ts';
import { noteEndExecution } from '../adapters/ledger.ts';

const stateMachine = variable('STATE_MACHINE');

/**
 * Gives each node its end whose execution was aborted, failed without a word, or still runs long after the deadline: it is stopped, and another
 * one goes the way of a failure with it, from the mark on the Node to the record. The row keeps its name, so a run that dies here and the next one
 * start it once.
 */
export async function endStranded(rows: readonly LedgerRow[]): Promise<void> {
  for (const row of rows) {
    const { node, execution } = row;
    if (node === undefined) continue;
    if (execution !== undefined) await stop(stateMachine, execution, stranded);
    const end = await noteEndExecution(row, endExecutionOf(node, drawName()));
    await start(stateMachine, end, rowKeyOf(row));
  }
}

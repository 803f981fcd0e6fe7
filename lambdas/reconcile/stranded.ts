import { endExecutionOf } from '../../domain/launch.ts';
import { type RunRecord, runKeyOf } from '../../domain/ledger.ts';
import { stranded } from '../../domain/receipt.ts';
import { variable } from '../adapters/environment.ts';
import { drawName, start, stop } from '../adapters/executions.ts';
import { recordEndExecution } from '../adapters/ledger.ts';

const stateMachine = variable('STATE_MACHINE');

/**
 * Gives each node its end whose execution was aborted, failed without a word, or still runs long after the deadline: it is stopped, and another
 * one goes the way of a failure with it, from the mark on the Node to the record. The row keeps its name, so a run that dies here and the next one
 * start it once.
 */
export async function endStranded(runs: readonly RunRecord[]): Promise<void> {
  for (const run of runs) {
    const { launch: node, execution } = run;
    if (node === undefined) continue;
    if (execution !== undefined) await stop(stateMachine, execution, stranded);
    const end = await recordEndExecution(run, endExecutionOf(node, drawName()));
    await start(stateMachine, end, runKeyOf(run));
  }
}

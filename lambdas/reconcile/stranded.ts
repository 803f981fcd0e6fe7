import { endExecutionOf } from '../../domain/launch.ts';
import { type RunRecord, runKeyOf } from '../../domain/ledger.ts';
import { stranded } from '../../domain/receipt.ts';
import { variable } from '../adapters/environment.ts';
import { drawName, start, stop } from '../adapters/executions.ts';
import { recordEndExecution } from '../adapters/ledger.ts';

const stateMachine = variable('STATE_MACHINE');

/**
 * Ends each run whose execution was aborted, failed without an end, or still runs long after the deadline. Its
 * execution is stopped, and another one handles the failure, from the mark on the Node to the record. The run record
 * keeps that execution's name, so it starts only once even if a pass is interrupted.
 */
export async function endStranded(runs: readonly RunRecord[]): Promise<void> {
  for (const run of runs) {
    const { launch, execution } = run;
    if (launch === undefined) continue;
    if (execution !== undefined) await stop(stateMachine, execution, stranded);
    const end = await recordEndExecution(run, endExecutionOf(launch, drawName()));
    await start(stateMachine, end, runKeyOf(run));
  }
}

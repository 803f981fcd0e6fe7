import type { Admission } from '../../domain/messages.ts';
import { endExecutionOf, executionOf } from '../../domain/node.ts';
import type { Failure } from '../../domain/receipt.ts';
import { variable } from '../adapters/environment.ts';
import { start, stop } from '../adapters/executions.ts';

const stateMachine = variable('STATE_MACHINE');

/** An end that was never written, as the outcome of the execution that writes it. */
const stranded: Failure = {
  outcome: 'deadline-passed',
  detail: 'the deadline is long past, and the execution of the node wrote no end; the sweep ended it',
};

/**
 * Gives each node its end whose execution was aborted, failed without a word, or still runs long after the deadline: it is stopped, and another
 * one goes the way of a failure with it, from the mark on the Node to the record. Its name is a function of the launch, so a run that dies
 * here and the next one start it once.
 */
export async function endStranded(admissions: readonly Admission[]): Promise<void> {
  for (const { node, request } of admissions) {
    await stop(stateMachine, executionOf(node), stranded);
    const input: Admission = { node, request, refused: stranded };
    await start(stateMachine, endExecutionOf(node), input);
  }
}

import type { Telling } from '../../domain/events.ts';
import { rowName } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { executionOf } from '../../domain/node.ts';
import { tell } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { start } from '../adapters/executions.ts';
import { admitRow, rowsOf } from '../adapters/ledger.ts';
import { count, logger } from '../adapters/telemetry.ts';

const stateMachine = variable('STATE_MACHINE');

/** How many nodes are admitted at once: as many as the event path takes in one batch. More calls at a time would only be throttled. */
const atOnce = 100;

/**
 * Admits each node once, however often and by whomever it is asked. It starts first, tells second, notes last: a function that dies between
 * two of them does all of it again, and nothing is lost.
 *
 * @returns the nodes, by the names of their rows, whose executions could not be started; they are to be tried again
 */
export async function admitAll(admissions: readonly Admission[]): Promise<readonly string[]> {
  if (admissions.length === 0) return [];
  const known = await rowsOf(admissions.map(({ node }) => node));
  const fresh = admissions.filter(({ node }) => known.get(rowName(node))?.admittedAt === undefined);
  const unique = new Map(fresh.map((admission) => [rowName(admission.node), admission]));
  const all = [...unique];
  const failed: string[] = [];
  for (let from = 0; from < all.length; from += atOnce)
    failed.push(...(await admitSome(all.slice(from, from + atOnce))));
  return failed;
}

async function admitSome(some: readonly (readonly [string, Admission])[]): Promise<readonly string[]> {
  const started: Admission[] = [];
  const failed: string[] = [];
  await Promise.all(
    some.map(async ([row, admission]) => {
      try {
        await start(stateMachine, executionOf(admission.node), admission);
        started.push(admission);
      } catch (error) {
        const { instanceId } = admission.node;
        logger.error('an execution could not be started', { instanceId, error: error as Error });
        failed.push(row);
      }
    }),
  );
  await tell(
    started.map(
      (admission): Telling => ({
        type: 'Node Admitted',
        detail: { ...admission, execution: executionOf(admission.node) },
      }),
    ),
  );
  const at = new Date().toISOString();
  await Promise.all(started.map((admission) => admitRow(admission, executionOf(admission.node), at)));
  count('Admitted', started.length);
  return failed;
}

import { type AirlockEvent, terminationEvent } from '../../domain/events.ts';
import { executionOf, type Launch } from '../../domain/launch.ts';
import { launchTimeOf, type RunRecord, runId, runKeyOf } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { publish } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { drawName, start } from '../adapters/executions.ts';
import { listRuns, recordAdmission, recordAdmitted, rowsOf } from '../adapters/ledger.ts';
import { sendAll } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';

const stateMachine = variable('STATE_MACHINE');
const terminationsQueue = variable('TERMINATIONS_QUEUE');

/** How many nodes are admitted at once: as many as the event path takes in one batch. More calls at a time would only be throttled. */
const atOnce = 100;

/**
 * Admits each node once, however often and by whomever it is asked. It notes the node first, tells `terminations` of an earlier launch that has no end,
 * starts, tells, and notes last that all is done: after a death between two of them whoever finds the row does the rest, also if the instance
 * is gone by then.
 *
 * @returns the nodes, by the names of their rows, whose executions could not be started; they are to be tried again
 */
export async function admitAll(admissions: readonly Admission[]): Promise<readonly string[]> {
  if (admissions.length === 0) return [];
  const known = await rowsOf(admissions.map(({ launch }) => launch));
  const fresh = admissions.filter(({ launch }) => known.get(runId(launch))?.admittedAt === undefined);
  const unique = new Map(fresh.map((admission) => [runId(admission.launch), admission]));
  const all = [...unique].map(([row, admission]) => ({ row, admission, ended: known.get(row)?.outcome !== undefined }));
  const failed: string[] = [];
  for (let from = 0; from < all.length; from += atOnce)
    failed.push(...(await admitSome(all.slice(from, from + atOnce))));
  return failed;
}

/** The ways of earlier launches of an instance: it was stopped and started. */
async function listEarlierRuns({ instanceId, launchedAt }: Launch): Promise<readonly RunRecord[]> {
  const runs = await listRuns(instanceId);
  return runs.filter((run) => Date.parse(launchTimeOf(run)) < Date.parse(launchedAt));
}

/** An earlier launch of the instance that has no end was stopped, and no one told of it: its command would run beside that of this launch. */
async function publishEarlierEnds({ instanceId, launchedAt }: Launch, earlier: readonly RunRecord[]): Promise<void> {
  const began = Date.parse(launchedAt);
  if (!earlier.some(({ outcome }) => outcome === undefined)) return;
  await sendAll(terminationsQueue, [terminationEvent(instanceId, 'stopped', new Date(began - 1).toISOString())]);
}

/**
 * An admission with what the ledger adds: an earlier launch may have left its Node open. A later way in the same launch finds the Node as this launch
 * left it.
 */
function relaunchOf(admission: Admission, earlier: readonly RunRecord[]): Admission {
  const { relaunched: _, ...launch } = admission.launch;
  const again = earlier.length === 0 || launch.rerun !== undefined;
  return { ...admission, launch: again ? launch : { ...launch, relaunched: true } };
}

/** An admission whose execution was started, under the name that its row has. */
type Started = Admission & { readonly execution: string };

interface Fresh {
  readonly row: string;
  readonly admission: Admission;
  /** Whether the node came to its end before its admission was done: that is only left to be told. */
  readonly ended: boolean;
}

async function admitSome(some: readonly Fresh[]): Promise<readonly string[]> {
  const started: Started[] = [];
  const failed: string[] = [];
  await Promise.all(
    some.map(async ({ row, admission: asked, ended }) => {
      try {
        const earlier = await listEarlierRuns(asked.launch);
        const admission = relaunchOf(asked, earlier);
        const drawn = executionOf(admission.launch, drawName());
        const execution = await recordAdmission(admission, drawn, new Date().toISOString());
        await publishEarlierEnds(admission.launch, earlier);
        if (!ended) await start(stateMachine, execution, runKeyOf(admission.launch));
        started.push({ ...admission, execution });
      } catch (error) {
        const { instanceId } = asked.launch;
        logger.error('an execution could not be started', { instanceId, error: error as Error });
        failed.push(row);
      }
    }),
  );
  await publish(started.map((detail): AirlockEvent => ({ type: 'Node Admitted', detail })));
  const at = new Date().toISOString();
  await Promise.all(started.map(({ launch: node }) => recordAdmitted(node, at)));
  count('Admitted', started.length);
  return failed;
}

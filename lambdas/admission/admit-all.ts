import { terminationEvent } from '../../domain/events.ts';
import { executionOf, type Launch } from '../../domain/launch.ts';
import { launchTimeOf, type RunRecord, runId, runKeyOf } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { tryPublish } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { drawName, start } from '../adapters/executions.ts';
import { listRuns, readRuns, recordAdmission, recordAdmitted } from '../adapters/ledger.ts';
import { sendAll } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { admissionEvent } from './event.ts';

const stateMachine = variable('STATE_MACHINE');
const terminationsQueue = variable('TERMINATIONS_QUEUE');

/**
 * How many launches are admitted in parallel: as many as one batch of events has. More parallel calls would only be
 * throttled.
 */
const atOnce = 100;

/**
 * Admits each launch once, however often it is called. It records the launch first, then reports an earlier launch
 * without an end to `terminations`, starts the execution, publishes the event and last records that all is done. After
 * an interruption, the next call that finds the record does the rest, even if the instance is gone by then.
 *
 * @returns the {@link runId} of each launch whose execution could not be started, or whose event could not be
 * published, to
 *   be tried again
 */
export async function admitAll(admissions: readonly Admission[]): Promise<readonly string[]> {
  if (admissions.length === 0) return [];
  const known = await readRuns(admissions.map(({ launch }) => launch));
  const fresh = admissions.filter(({ launch }) => known.get(runId(launch))?.admittedAt === undefined);
  const unique = new Map(fresh.map((admission) => [runId(admission.launch), admission]));
  const all = [...unique].map(([id, admission]) => ({ id, admission, ended: known.get(id)?.outcome !== undefined }));
  const failed: string[] = [];
  for (let from = 0; from < all.length; from += atOnce)
    failed.push(...(await admitSome(all.slice(from, from + atOnce))));
  return failed;
}

/**
 * Admits launches like {@link admitAll}, for callers that find the ones left again.
 *
 * @throws Error if one could not be admitted; the others were
 */
export async function admitWhole(admissions: readonly Admission[]): Promise<void> {
  const left = await admitAll(admissions);
  if (left.length > 0)
    throw new Error(`the admission of ${left.length} of ${admissions.length} launches is not complete`);
}

/** Lists the runs of earlier launches of an instance that was stopped and started. */
async function listEarlierRuns({ instanceId, launchedAt }: Launch): Promise<readonly RunRecord[]> {
  const runs = await listRuns(instanceId);
  return runs.filter((run) => Date.parse(launchTimeOf(run)) < Date.parse(launchedAt));
}

/**
 * Reports an earlier launch without an end: the instance was stopped and no event arrived, and its command could run in
 * parallel with that of this launch.
 */
async function publishEarlierEnds({ instanceId, launchedAt }: Launch, earlier: readonly RunRecord[]): Promise<void> {
  const began = Date.parse(launchedAt);
  if (!earlier.some(({ outcome }) => outcome === undefined)) return;
  await sendAll(terminationsQueue, [terminationEvent(instanceId, 'stopped', new Date(began - 1).toISOString())]);
}

/**
 * Adds to an admission whether its Node may be open and has to be closed first: an earlier launch may have left it so,
 * or a rollout changes what was proven. Any other rerun finds the Node as its own launch left it.
 */
function withRelaunched(admission: Admission, earlier: readonly RunRecord[]): Admission {
  const { relaunched: _, ...launch } = admission.launch;
  const mayBeOpen = launch.rerun === undefined ? earlier.length > 0 : launch.rerun.why === 'rollout';
  return { ...admission, launch: mayBeOpen ? { ...launch, relaunched: true } : launch };
}

/** An admission whose execution was started. */
interface Started {
  readonly admission: Admission;
  readonly execution: string;
}

interface Fresh {
  readonly id: string;
  readonly admission: Admission;
  /** Whether the run ended before its admission was complete: then only its event is left to publish. */
  readonly ended: boolean;
}

async function admitSome(some: readonly Fresh[]): Promise<readonly string[]> {
  const started: Started[] = [];
  const failed: string[] = [];
  await Promise.all(
    some.map(async ({ id, admission: asked, ended }) => {
      try {
        const earlier = await listEarlierRuns(asked.launch);
        const admission = withRelaunched(asked, earlier);
        const drawn = executionOf(admission.launch, drawName());
        const execution = await recordAdmission(admission, drawn, new Date().toISOString());
        await publishEarlierEnds(admission.launch, earlier);
        if (!ended) await start(stateMachine, execution, runKeyOf(admission.launch));
        started.push({ admission, execution });
      } catch (error) {
        const { instanceId } = asked.launch;
        logger.error('an execution could not be started', { instanceId, error: error as Error });
        failed.push(id);
      }
    }),
  );
  const at = new Date().toISOString();
  if (!(await tryPublish(started.map(({ admission, execution }) => admissionEvent(admission, execution, at)))))
    return some.map(({ id }) => id);
  await Promise.all(started.map(({ admission }) => recordAdmitted(admission.launch, at)));
  count('Admitted', started.length);
  return failed;
}

import { scopeOf } from '../../domain/breaker.ts';
import { terminationEvent, terminationStates } from '../../domain/events.ts';
import type { Admissible } from '../../domain/function-settings.ts';
import { runId } from '../../domain/ledger.ts';
import { breakersOf } from '../adapters/breakers.ts';
import { variable } from '../adapters/environment.ts';
import { type SeenInstance, taggedInstances } from '../adapters/instances.ts';
import { sendAll } from '../adapters/queue.ts';
import { admitAll } from '../admission/admit-all.ts';
import { admissionOf, decideInstance, type InstanceDecision } from './decide.ts';
import type { ManagedLaunch } from './decide-node.ts';
import { decideRetries } from './decide-reruns.ts';
import { readLatestRuns } from './latest-runs.ts';
import { settleOverdue } from './overdue.ts';
import { startReruns } from './reruns.ts';
import { endStranded } from './stranded.ts';

const terminationsQueue = variable('TERMINATIONS_QUEUE');

/** The number of decisions in one pass over the fleet, by kind. */
type FleetCounts = Record<InstanceDecision['step'], number>;

/** The fleet as one pass saw it. */
export interface Fleet {
  readonly found: FleetCounts;
  /** The managed instances that run, by ID. */
  readonly ours: ReadonlyMap<string, ManagedLaunch>;
  /** Whether every page was read. */
  readonly complete: boolean;
}

/**
 * Reconciles every instance with the tag `airlock:runtime`, page by page. It finishes each page before it reads the
 * next, so after a pass that ends early, the next one finds that part done.
 *
 * @param inTime called before each page; no further page is begun if it returns false
 */
export async function reconcileFleet(config: Admissible, inTime: () => boolean): Promise<Fleet> {
  const ours = new Map<string, ManagedLaunch>();
  const found: FleetCounts = { admit: 0, poll: 0, discard: 0, end: 0, retry: 0, rerun: 0, leave: 0 };
  for await (const page of taggedInstances()) {
    for (const { step } of await reconcilePage(page, config, ours)) found[step]++;
    if (!inTime()) return { found, ours, complete: false };
  }
  return { found, ours, complete: true };
}

async function reconcilePage(
  shown: readonly SeenInstance[],
  config: Admissible,
  ours: Map<string, ManagedLaunch>,
): Promise<readonly InstanceDecision[]> {
  const { runs, unbegun } = await readLatestRuns(shown, config);
  const page = shown.filter((instance) => !unbegun.has(runId(instance)));
  const now = Date.now();
  const steps = page.map((instance) => {
    const run = runs.get(runId(instance));
    const admission = admissionOf(instance, run, config, now);
    const isRunning = !terminationStates.includes(instance.state);
    if (admission !== undefined && isRunning) ours.set(instance.instanceId, { admission, run });
    return decideInstance(instance, run, admission, now);
  });
  await admitAll(steps.flatMap((step) => (step.step === 'admit' ? [step.admission] : [])));
  await settleOverdue(steps.flatMap((step) => (step.step === 'poll' ? [step.run] : [])));
  const terminations = steps.flatMap((step) => (step.step === 'discard' ? [step] : []));
  const at = new Date(now).toISOString();
  await sendAll(
    terminationsQueue,
    terminations.map(({ instanceId, state }) => terminationEvent(instanceId, state, at)),
  );
  await endStranded(steps.flatMap((step) => (step.step === 'end' ? [step.run] : [])));
  const held = steps.flatMap((step) => (step.step === 'retry' ? [step.held] : []));
  const breakers = await breakersOf(held.map(({ admission: { launch, request } }) => scopeOf(launch, request)));
  const requested = steps.flatMap((step) => (step.step === 'rerun' ? [step.admission] : []));
  await startReruns([...decideRetries(held, runs.values(), breakers, now), ...requested]);
  return steps;
}

import { scopeOf } from '../../domain/breaker.ts';
import { terminationEvent, terminationStates } from '../../domain/events.ts';
import type { Admissible } from '../../domain/function-settings.ts';
import { type EndedRun, endedRunOf } from '../../domain/incidents.ts';
import { runId } from '../../domain/ledger.ts';
import { breakersOf } from '../adapters/breakers.ts';
import { publish } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { type SeenInstance, taggedInstances } from '../adapters/instances.ts';
import { sendAll } from '../adapters/queue.ts';
import { admitAll } from '../admission/admit-all.ts';
import { admissionOf, decideInstance, type InstanceDecision } from './decide.ts';
import type { ManagedLaunch } from './decide-node.ts';
import { decideRetries } from './decide-reruns.ts';
import { instanceFinding } from './findings.ts';
import { readLatestRuns } from './latest-runs.ts';
import { settleOverdue } from './overdue.ts';
import { startReruns } from './reruns.ts';
import { endStranded } from './stranded.ts';
import { tagOutcomes } from './tag-outcomes.ts';

const terminationsQueue = variable('TERMINATIONS_QUEUE');

/** The number of decisions in one pass over the fleet, by kind. */
type FleetCounts = Record<InstanceDecision['step'], number>;

/** The fleet as one pass saw it. */
export interface Fleet {
  readonly found: FleetCounts;
  /** Commands that had ended and whose end no event had reported. */
  readonly missedResults: number;
  /** The managed instances that run, by ID. */
  readonly ours: ReadonlyMap<string, ManagedLaunch>;
  /** How the latest runs ended of every launch that EC2 shows, replaced ones included. */
  readonly ended: readonly EndedRun[];
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
  const found: FleetCounts = { admit: 0, poll: 0, discard: 0, end: 0, retry: 0, rerun: 0, leave: 0 };
  const seen: Seen = { found, missedResults: 0, ours: new Map(), ended: [] };
  for await (const page of taggedInstances()) {
    await reconcilePage(page, config, seen);
    if (!inTime()) return { ...seen, complete: false };
  }
  return { ...seen, complete: true };
}

/** What the pages so far have. */
interface Seen {
  readonly found: FleetCounts;
  missedResults: number;
  readonly ours: Map<string, ManagedLaunch>;
  readonly ended: EndedRun[];
}

async function reconcilePage(shown: readonly SeenInstance[], config: Admissible, seen: Seen): Promise<void> {
  const { runs, unbegun } = await readLatestRuns(shown, config);
  const page = shown.filter((instance) => !unbegun.has(runId(instance)));
  seen.ended.push(...[...runs.values()].flatMap((run) => endedRunOf(run) ?? []));
  const now = Date.now();
  const steps = page.map((instance) => {
    const run = runs.get(runId(instance));
    const admission = admissionOf(instance, run, config, now);
    const isRunning = !terminationStates.includes(instance.state);
    if (admission !== undefined && isRunning) seen.ours.set(instance.instanceId, { admission, run });
    return decideInstance(instance, run, admission, now);
  });
  const at = new Date(now).toISOString();
  await publish(steps.flatMap((step) => instanceFinding(step, at) ?? []));
  await admitAll(steps.flatMap((step) => (step.step === 'admit' ? [step.admission] : [])));
  seen.missedResults += await settleOverdue(steps.flatMap((step) => (step.step === 'poll' ? [step.run] : [])));
  const terminations = steps.flatMap((step) => (step.step === 'discard' ? [step] : []));
  await sendAll(
    terminationsQueue,
    terminations.map(({ run, state }) => terminationEvent(run.instanceId, state, at)),
  );
  await endStranded(steps.flatMap((step) => (step.step === 'end' ? [step.run] : [])));
  const held = steps.flatMap((step) => (step.step === 'retry' ? [step.held] : []));
  const breakers = await breakersOf(held.map(({ admission: { launch, request } }) => scopeOf(launch, request)));
  const requested = steps.flatMap((step) => (step.step === 'rerun' ? [step.admission] : []));
  await startReruns([...decideRetries(held, runs.values(), breakers, now), ...requested]);
  const running = page.filter(({ state }) => state === 'running');
  await tagOutcomes(running.map((instance) => ({ instance, run: runs.get(runId(instance)) })));
  for (const { step } of steps) seen.found[step]++;
}

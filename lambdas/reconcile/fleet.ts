import { scopeOf } from '../../domain/breaker.ts';
import { terminationEvent, terminationStates } from '../../domain/events.ts';
import type { Admissible } from '../../domain/function-settings.ts';
import { type EndedRun, endedRunOf, type RetriedPool, retriedPoolOf } from '../../domain/incidents.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { clusterOf, poolOf, runtimeTag } from '../../domain/tags.ts';
import { breakersOf } from '../adapters/breakers.ts';
import { variable } from '../adapters/environment.ts';
import { type SeenInstance, taggedInstances } from '../adapters/instances.ts';
import { sendAll } from '../adapters/queue.ts';
import { admitWhole } from '../admission/admit-all.ts';
import { admissionOf, decideInstance, type InstanceDecision } from './decide.ts';
import type { ManagedLaunch } from './decide-node.ts';
import { decideRetries } from './decide-reruns.ts';
import { instanceFinding } from './findings.ts';
import { listExpiring } from './keep-records.ts';
import { readLatestRuns } from './latest-runs.ts';
import { settleOverdue } from './overdue.ts';
import type { Pass } from './pass.ts';
import { startReruns } from './reruns.ts';
import { poolKey } from './rollout-pools.ts';
import { endStranded } from './stranded.ts';
import type { Ended } from './tag-outcomes.ts';

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
  /** The pools in which nodes that failed are tried again. */
  readonly retried: readonly RetriedPool[];
  /** The pools with an instance whose latest run could not be started or read, by {@link poolKey}. */
  readonly unread: ReadonlySet<string>;
  /** The instances that run, each with its latest run. */
  readonly running: readonly Ended[];
  /** The run records of instances that are not gone, which the ledger would forget before long. */
  readonly expiring: readonly RunRecord[];
  /** Whether every page was read. */
  readonly complete: boolean;
}

/**
 * Reconciles every instance with the tag `airlock:runtime`, page by page. It finishes each page before it reads the
 * next, so after a pass that ends early, the next one finds that part done.
 *
 * @param inTime called before each page; no further page is begun if it returns false
 * @param pass what fails and what is found is added here
 */
export async function reconcileFleet(config: Admissible, inTime: () => boolean, pass: Pass): Promise<Fleet> {
  const found: FleetCounts = { admit: 0, poll: 0, discard: 0, end: 0, retry: 0, rerun: 0, leave: 0 };
  const seen: Seen = {
    ...{ found, missedResults: 0, ours: new Map(), ended: [], retried: [] },
    ...{ unread: new Set<string>(), running: [], expiring: [] },
  };
  for await (const page of taggedInstances()) {
    await reconcilePage(page, config, seen, pass);
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
  readonly retried: RetriedPool[];
  readonly unread: Set<string>;
  readonly running: Ended[];
  readonly expiring: RunRecord[];
}

/** Decides about one page, and acts. An act that fails does not block the others. */
async function reconcilePage(
  shown: readonly SeenInstance[],
  config: Admissible,
  seen: Seen,
  { failures, findings }: Pass,
): Promise<void> {
  const { runs, unbegun, first } = await readLatestRuns(shown, config);
  const page = shown.filter((instance) => !unbegun.has(runId(instance)));
  for (const { instanceId, tags } of shown.filter((instance) => unbegun.has(runId(instance))))
    seen.unread.add(poolKey(clusterOf(tags) ?? '', poolOf(tags) ?? '', instanceId));
  seen.ended.push(...[...runs.values()].flatMap((run) => endedRunOf(run) ?? []));
  seen.retried.push(...[...runs.values()].flatMap((run) => retriedPoolOf(run) ?? []));
  const now = Date.now();
  const steps = page.map((instance) => {
    const run = runs.get(runId(instance));
    const admission = admissionOf(instance, run, config, now);
    const isRunning = !terminationStates.includes(instance.state);
    if (admission !== undefined && isRunning)
      seen.ours.set(instance.instanceId, { admission, run, tag: instance.tags[runtimeTag] });
    return decideInstance(instance, run, admission, config.versions, now);
  });
  for (const { step } of steps) seen.found[step]++;
  const running = page.filter(({ state }) => state === 'running');
  seen.running.push(...running.map((instance) => ({ instance, run: runs.get(runId(instance)) })));
  const present = page.filter(({ state }) => !terminationStates.includes(state)).map(runId);
  seen.expiring.push(
    ...listExpiring(
      present.flatMap((id) => [first.get(id) ?? [], runs.get(id) ?? []].flat()),
      now,
    ),
  );
  const at = new Date(now).toISOString();
  await failures.attempt('admitting missed launches', () =>
    admitWhole(steps.flatMap((step) => (step.step === 'admit' ? [step.admission] : []))),
  );
  await failures.attempt('settling overdue commands', async () => {
    seen.missedResults += await settleOverdue(
      steps.flatMap((step) => (step.step === 'poll' ? [step.run] : [])),
      failures,
    );
  });
  const terminations = steps.flatMap((step) => (step.step === 'discard' ? [step] : []));
  await failures.attempt('reporting terminations', () =>
    sendAll(
      terminationsQueue,
      terminations.map(({ run, state }) => terminationEvent(run.instanceId, state, at)),
    ),
  );
  await failures.attempt('ending stranded runs', () =>
    endStranded(steps.flatMap((step) => (step.step === 'end' ? [step.run] : []))),
  );
  await failures.attempt('starting further runs', async () => {
    const held = steps.flatMap((step) => (step.step === 'retry' ? [step.rerun] : []));
    const breakers = await breakersOf(held.map(({ admission: { launch, request } }) => scopeOf(launch, request)));
    const requested = steps.flatMap((step) => (step.step === 'rerun' ? [step.rerun] : []));
    await startReruns([...decideRetries(held, runs.values(), breakers, now), ...requested]);
  });
  findings.push(...steps.flatMap((step) => instanceFinding(step, at) ?? []));
}

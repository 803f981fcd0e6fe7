import type { Admissible } from '../../domain/function-settings.ts';
import { isReverification } from '../../domain/launch.ts';
import { type LedgerKey, type RunRecord, runId } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { SeenInstance } from '../adapters/instances.ts';
import { readRuns } from '../adapters/ledger.ts';
import { admitAll } from '../admission/admit-all.ts';
import { classifyLaunch } from '../admission/decide.ts';
import { planRerun } from './decide-reruns.ts';

/** The run records of some launches. */
interface Ledger {
  /** The records of the latest runs, by the {@link runId} of each launch's first run. */
  readonly runs: ReadonlyMap<string, RunRecord>;
  /**
   * The {@link runId} of the first run of each launch whose latest run could not be started: the next pass tries again.
   */
  readonly unbegun: ReadonlySet<string>;
  /** The records of first runs, by their {@link runId}. */
  readonly first: ReadonlyMap<string, RunRecord>;
}

/** Builds the key of a run by its number; the first run has the number 0. */
function runKeyAt({ instanceId, launchedAt }: LedgerKey, number: number): LedgerKey {
  return { instanceId, launchedAt, ...(number === 0 ? {} : { rerun: { attempt: number } }) };
}

/**
 * Reads the latest runs of some launches. A half-finished admission of a run is completed here. A run that was only
 * numbered is decided about again.
 *
 * @param launches the instances as EC2 shows them now
 */
export async function readLatestRuns(launches: readonly SeenInstance[], config: Admissible): Promise<Ledger> {
  const first = await readRuns(launches);
  const runCountOf = (instance: SeenInstance) => first.get(runId(instance))?.runs ?? 0;
  const rerun = launches.filter((instance) => runCountOf(instance) > 0);
  const latest = await readRuns(rerun.map((one) => runKeyAt(one, runCountOf(one))));
  // The run before matters only if the latest one has not begun: each item that a pass reads is paid for.
  const isBegun = (one: SeenInstance) => latest.get(runId(runKeyAt(one, runCountOf(one))))?.admittedAt !== undefined;
  const earlier = await readRuns(
    rerun.filter((one) => !isBegun(one)).map((one) => runKeyAt(one, Math.max(1, runCountOf(one) - 1))),
  );
  const later = new Map([...latest, ...earlier]);
  const runAt = (one: SeenInstance, number: number) =>
    number === 0 ? first.get(runId(one)) : later.get(runId(runKeyAt(one, number)));
  const runs = new Map(first);
  const unbegun = new Set<string>();
  const half: Admission[] = [];
  for (const instance of rerun) {
    const number = runCountOf(instance);
    const latest = runAt(instance, number);
    const before = runAt(instance, number - 1);
    if (latest?.admittedAt !== undefined) runs.set(runId(instance), latest);
    else if (latest?.launch === undefined && before !== undefined) runs.set(runId(instance), before);
    else {
      unbegun.add(runId(instance));
      half.push(...resumeAdmission(instance, before, latest, config));
    }
  }
  await admitAll(half);
  for (const [name, run] of await readRuns(half.map(({ launch }) => launch))) {
    const admission = half.find(({ launch }) => runId(launch) === name);
    if (admission === undefined || run.admittedAt === undefined) continue;
    const ofFirst = runId(runKeyAt(admission.launch, 0));
    runs.set(ofFirst, run);
    unbegun.delete(ofFirst);
  }
  return { runs, unbegun, first };
}

/** Plans a run again whose admission was interrupted: with the launch from EC2, and only the reason from its record. */
function resumeAdmission(
  instance: SeenInstance,
  before: RunRecord | undefined,
  latest: RunRecord | undefined,
  config: Admissible,
): Admission[] {
  const why = latest?.launch?.rerun;
  if (before === undefined || why === undefined) return [];
  const now = Date.now();
  // An admitted launch is managed until its end, whatever state its instance has.
  const seen = { ...instance, state: 'running' };
  const decision = classifyLaunch({ instanceId: instance.instanceId, at: instance.launchedAt }, seen, config, now);
  if (decision.step !== 'admit') return [];
  const { launch, request, refused } = decision.admission;
  // What a rollout installs is in the record, which only reconcile writes.
  if (why.why === 'rollout') {
    const { request: asked, refused: gives } = latest ?? {};
    return asked === undefined
      ? []
      : [planRerun({ launch, request: asked, ...(gives && { refused: gives }) }, before, why, now)];
  }
  if (isReverification({ rerun: why }))
    return before.request === undefined ? [] : [planRerun({ launch, request: before.request }, before, why, now)];
  return [planRerun({ launch, ...(request && { request }), ...(refused && { refused }) }, before, why, now)];
}

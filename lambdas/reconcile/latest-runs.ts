import { type LedgerKey, type RunRecord, runId } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { SeenInstance } from '../adapters/instances.ts';
import { rowsOf } from '../adapters/ledger.ts';
import { admitAll } from '../admission/admit-all.ts';
import { type Admissible, classifyLaunch } from '../admission/decide.ts';
import { planRerun } from './decide-reruns.ts';

/** What the ledger has of some launches. */
interface Ledger {
  /** The rows of the latest ways by the names of the rows of their first. */
  readonly runs: ReadonlyMap<string, RunRecord>;
  /** The names of the first rows of those whose latest way could not be begun: they are left to the next run. */
  readonly unbegun: ReadonlySet<string>;
}

/** The key of a way after the first; the first has the number 0. */
function runKeyAt({ instanceId, launchedAt }: LedgerKey, number: number): LedgerKey {
  return { instanceId, launchedAt, ...(number === 0 ? {} : { rerun: { attempt: number } }) };
}

/**
 * Reads the latest ways of some launches. A way that a run admitted half is begun here; one that it only numbered is decided about again.
 *
 * @param launches the instances as EC2 shows them now
 */
export async function readLatestRuns(launches: readonly SeenInstance[], config: Admissible): Promise<Ledger> {
  const first = await rowsOf(launches);
  const waysOf = (instance: SeenInstance) => first.get(runId(instance))?.runs ?? 0;
  const again = launches.filter((instance) => waysOf(instance) > 0);
  const later = await rowsOf(
    again.flatMap((one) => [runKeyAt(one, waysOf(one)), runKeyAt(one, Math.max(1, waysOf(one) - 1))]),
  );
  const rowOf = (one: SeenInstance, number: number) =>
    number === 0 ? first.get(runId(one)) : later.get(runId(runKeyAt(one, number)));
  const runs = new Map(first);
  const unbegun = new Set<string>();
  const half: Admission[] = [];
  for (const instance of again) {
    const number = waysOf(instance);
    const latest = rowOf(instance, number);
    const before = rowOf(instance, number - 1);
    if (latest?.admittedAt !== undefined) runs.set(runId(instance), latest);
    else if (latest?.launch === undefined && before !== undefined) runs.set(runId(instance), before);
    else {
      unbegun.add(runId(instance));
      half.push(...resumeAdmission(instance, before, latest, config));
    }
  }
  await admitAll(half);
  for (const [name, run] of await rowsOf(half.map(({ launch: node }) => node))) {
    const launch = half.find(({ launch: node }) => runId(node) === name);
    if (launch === undefined || run.admittedAt === undefined) continue;
    const ofFirst = runId(runKeyAt(launch.launch, 0));
    runs.set(ofFirst, run);
    unbegun.delete(ofFirst);
  }
  return { runs, unbegun };
}

/** What a way is begun with that was admitted half: the launch as EC2 shows it, and of its row only why it is gone. */
function resumeAdmission(
  instance: SeenInstance,
  before: RunRecord | undefined,
  latest: RunRecord | undefined,
  config: Admissible,
): Admission[] {
  const why = latest?.launch?.rerun;
  if (before === undefined || why === undefined) return [];
  const now = Date.now();
  // What was admitted is ours to the end, whatever has become of the instance.
  const seen = { ...instance, state: 'running' };
  const decision = classifyLaunch({ instanceId: instance.instanceId, at: instance.launchedAt }, seen, config, now);
  if (decision.decision !== 'admit') return [];
  const { launch: node } = decision.admission;
  const request = why.why === 'drifted' ? before.request : decision.admission.request;
  return request === undefined ? [] : [planRerun({ launch: node, request }, before, why, now)];
}

import { refusalOf } from './act-refusals.ts';
import { launchTimeOf, type RunRecord } from './ledger.ts';
import { type ActName, asksForRun } from './operator-acts.ts';

/** The newest run of the launch of a run; the run itself if there is none after it. */
export function newestRunOf(run: RunRecord, runs: readonly RunRecord[]): RunRecord {
  return runs
    .filter((one) => one.instanceId === run.instanceId && launchTimeOf(one) === launchTimeOf(run))
    .reduce((newest, one) => (one.launchedAt >= newest.launchedAt ? one : newest), run);
}

/**
 * Why an act that asks for a run is not possible any more, as a sentence without its end; undefined if it is possible.
 *
 * @param seen the latest run when the act was asked for
 * @param latest the latest run now
 */
export function refusalSince(act: ActName, seen: RunRecord, latest: RunRecord): string | undefined {
  const made = latest.operatorAct;
  const isNew = made !== undefined && (made.at !== seen.operatorAct?.at || made.act !== seen.operatorAct.act);
  if (isNew && !asksForRun(made)) return `airlock ${made.act} was run for it meanwhile, at ${made.at}`;
  return refusalOf(act, latest);
}

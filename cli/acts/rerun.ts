import { InvokeCommand } from '@aws-sdk/client-lambda';
import { staleRefusal } from '../../domain/act-refusals.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import { loadSettings } from '../../lib/config/settings.ts';
import { breakers } from '../breaker.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { outputWidth, print, wrap } from '../output/text.ts';
import { confirm } from './confirm.ts';
import { checkSelection, type FoundLaunch, findLaunches, lookAgain, type Selection } from './find-launches.ts';
import { followRun } from './follow-run.ts';
import { type ActReach, openReach } from './reach.ts';
import { actOf, recordAct } from './record-act.ts';
import { type Acted, actedOn, listed, reportActs } from './report.ts';

/** The options of `airlock retry` and `airlock verify`. */
export interface RerunOptions extends Omit<Selection, 'name'> {
  readonly because: string;
  readonly config?: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly json: boolean;
}

/**
 * `airlock retry` and `airlock verify`: asks reconcile for another run of launches. The ledger keeps the request, so it is not lost if reconcile fails.
 *
 * @param act `retry` installs and proves a launch that ended badly, `verify` proves a released one again
 */
export async function rerun(
  act: 'retry' | 'verify',
  name: string | undefined,
  options: RerunOptions,
  open = openReach,
): Promise<ExitCode> {
  const selection = { name, pool: options.pool, outcome: options.outcome };
  checkSelection(selection);
  const versions = act === 'verify' ? loadSettings({ config: options.config }).versions : undefined;
  const reach = await open();
  const found = (await findLaunches(act, reach, selection)).map(({ run, refusal }) => ({
    run,
    refusal: refusal ?? (versions && staleRefusal(run, versions)),
  }));
  if (found.length === 0) {
    process.stderr.write(`${nothingFound(act, selection)}\n`);
    return name === undefined ? exitCodes.fine : exitCodes.findings;
  }
  const possible = found.filter(({ refusal }) => refusal === undefined);
  const say = (line: string) => {
    if (!options.json) print(wrap(line, outputWidth()));
  };
  for (const warning of await openBreakersOf(reach, possible)) say(warning);
  const refused = found.flatMap(({ run, refusal }) =>
    refusal === undefined ? [] : [actedOn(run, 'refused', refusal)],
  );
  const nodes = listed(possible.map(({ run }) => run.instanceId));
  if (possible.length > 1 && !options.dryRun) {
    const sure = await confirm(
      `${act === 'retry' ? 'Retry' : 'Verify'} ${possible.length} nodes (${nodes})?`,
      options.yes,
    );
    if (!sure) {
      process.stderr.write('nothing was done\n');
      return exitCodes.findings;
    }
  }
  const done = options.dryRun
    ? possible.map(({ run }) => actedOn(run, 'planned', effects[act]))
    : await begin(act, reach, possible, options, say);
  return reportActs(act, [...refused, ...done], options.json);
}

/** What a run does to a node. */
const effects = {
  retry:
    'installs and proves the runtime; containers on the node keep running, and its gate is lifted only after the proof',
  verify:
    'repeats the proof and changes nothing on the node; pods stay and keep coming, and the gate comes back only if the proof fails',
} as const;

async function begin(
  act: 'retry' | 'verify',
  reach: ActReach,
  launches: readonly FoundLaunch[],
  { because, wait }: RerunOptions,
  say: (line: string) => void,
): Promise<Acted[]> {
  const at = new Date().toISOString();
  const refused: Acted[] = [];
  const asked: RunRecord[] = [];
  for (const launch of launches) {
    const { run, refusal } = await lookAgain(act, reach, launch);
    if (refusal === undefined) {
      await recordAct(reach, run, actOf(act, run, reach.by, because, at));
      asked.push(run);
    } else refused.push(actedOn(run, 'refused', refusal));
  }
  if (asked.length === 0) return refused;
  const soon = await wakeReconcile(reach);
  if (!wait)
    return [...refused, ...asked.map((run) => actedOn(run, 'requested', `${effects[act]}; the run begins ${soon}`))];
  const follow = async (run: RunRecord) => {
    const ended = await followRun(reach, run, say);
    const result = ended.ending === 'released' ? 'done' : 'failed';
    const { outcome = '', receipt } = ended;
    return { ...actedOn(run, result, receipt?.detail ?? ''), outcome };
  };
  return [...refused, ...(await Promise.all(asked.map(follow)))];
}

/**
 * Has reconcile begin now. Without the right to invoke it, its schedule begins the runs.
 *
 * @returns when that is, in words
 */
async function wakeReconcile({ lambda, reconcile }: ActReach): Promise<string> {
  try {
    await lambda.send(new InvokeCommand({ FunctionName: reconcile, InvocationType: 'Event', Payload: '{}' }));
    return 'within seconds';
  } catch {
    return 'within two minutes';
  }
}

/** The open breakers in the pools of launches, as a warning each. */
async function openBreakersOf(reach: ActReach, launches: readonly FoundLaunch[]): Promise<readonly string[]> {
  const pools = new Set(launches.map(({ run }) => `${run.cluster} ${run.pool}`));
  if (pools.size === 0) return [];
  const open = (await breakers(reach)).filter(
    ({ state, cluster, pool }) => state === 'open' && pools.has(`${cluster} ${pool}`),
  );
  return open.map(
    ({ cluster, pool, version }) =>
      `The breaker of ${cluster} ${pool} ${version} is open: one node is tried at a time, and one that waits until its deadline ends as breaker-open. Once the cause is fixed, close it: npx airlock breaker close ${cluster} ${pool} ${version}`,
  );
}

function nothingFound(act: string, { name, pool, outcome }: Selection): string {
  if (name !== undefined) return `Airlock has no launch of ${name}; npx airlock status lists the fleet`;
  const where = [pool && `of the pool ${pool}`, outcome && `that ended as ${outcome}`].filter(Boolean).join(' ');
  return `there is no launch ${where} to ${act}: none ended that way whose instance still runs`;
}

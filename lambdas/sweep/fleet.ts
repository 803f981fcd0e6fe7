import { departureOf } from '../../domain/events.ts';
import { type LedgerRow, rowName } from '../../domain/ledger.ts';
import { breakersOf } from '../adapters/breakers.ts';
import { variable } from '../adapters/environment.ts';
import { type SeenInstance, taggedInstances } from '../adapters/instances.ts';
import { rowsOf } from '../adapters/ledger.ts';
import { sendAll } from '../adapters/queue.ts';
import { admitAll } from '../admit/admit-all.ts';
import { type Admissible, judge } from '../admit/decide.ts';
import { goAgain } from './again.ts';
import { lookAt, type Step } from './decide.ts';
import { scope, triedAgain } from './decide-again.ts';
import type { Ours } from './decide-node.ts';
import { settleOverdue } from './overdue.ts';
import { endStranded } from './stranded.ts';

const departuresQueue = variable('DEPARTURES_QUEUE');

/** How many launches are admitted at once: as many as the event path takes in one batch. */
const admittedAtOnce = 100;

/** What one run found in the fleet, by kind. */
type Found = Record<Step['step'], number>;

/** The fleet as one run saw it. */
export interface Fleet {
  readonly found: Found;
  /** Our instances that run, by id. */
  readonly ours: ReadonlyMap<string, Ours>;
  /** Whether every page was read. */
  readonly complete: boolean;
}

/**
 * Looks at every instance that has our tag, page by page, and does what is to be done before it reads the next page: a run that ends early
 * leaves the rest to the next one, which finds this part done.
 *
 * @param inTime asked before each page; a page is not begun where it answers no
 */
export async function sweepFleet(config: Admissible, inTime: () => boolean): Promise<Fleet> {
  const ours = new Map<string, Ours>();
  const found: Found = { admit: 0, ask: 0, depart: 0, end: 0, retry: 0, leave: 0 };
  for await (const page of taggedInstances()) {
    for (const { step } of await sweepPage(page, config, ours)) found[step]++;
    if (!inTime()) return { found, ours, complete: false };
  }
  return { found, ours, complete: true };
}

async function sweepPage(
  page: readonly SeenInstance[],
  config: Admissible,
  ours: Map<string, Ours>,
): Promise<readonly Step[]> {
  const rows = await latestRowsOf(page);
  const now = Date.now();
  const steps = page.map((instance) => lookAt(instance, rows.get(rowName(instance)), config, now));
  for (const instance of page) {
    const { instanceId, launchedAt: at } = instance;
    const verdict = judge({ instanceId, at }, instance, config, now);
    if (verdict.verdict !== 'admit') continue;
    ours.set(instanceId, { admission: verdict.admission, row: rows.get(rowName(instance)) });
  }
  const admissions = steps.flatMap((step) => (step.step === 'admit' ? [step.admission] : []));
  for (let from = 0; from < admissions.length; from += admittedAtOnce) {
    await admitAll(admissions.slice(from, from + admittedAtOnce));
  }
  await settleOverdue(steps.flatMap((step) => (step.step === 'ask' ? [step.row] : [])));
  const departures = steps.flatMap((step) => (step.step === 'depart' ? [step] : []));
  const at = new Date(now).toISOString();
  await sendAll(
    departuresQueue,
    departures.map(({ instanceId, state }) => departureOf(instanceId, state, at)),
  );
  await endStranded(steps.flatMap((step) => (step.step === 'end' ? [step.admission] : [])));
  const held = steps.flatMap((step) => (step.step === 'retry' ? [step.held] : []));
  const breakers = await breakersOf(held.map(({ admission }) => scope(admission)));
  await goAgain(triedAgain(held, rows.values(), breakers, now));
  return steps;
}

/**
 * The rows of the latest ways of some instances in the launch that EC2 shows, by the names of the rows of their first. A way that a run noted
 * and did not begin is begun here.
 */
async function latestRowsOf(page: readonly SeenInstance[]): Promise<ReadonlyMap<string, LedgerRow>> {
  const first = await rowsOf(page);
  const ways = [...first.values()].flatMap(({ wayAfter }) => wayAfter ?? []);
  const later = new Map(await rowsOf(ways.map(({ node }) => node)));
  const unbegun = ways.filter(({ node }) => later.get(rowName(node))?.admittedAt === undefined);
  await admitAll(unbegun);
  for (const [name, row] of await rowsOf(unbegun.map(({ node }) => node))) later.set(name, row);
  const latest = ({ wayAfter }: LedgerRow) => wayAfter && later.get(rowName(wayAfter.node));
  return new Map([...first].map(([name, row]) => [name, latest(row) ?? row]));
}

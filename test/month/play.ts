import { renderManifests } from '../../kubernetes/manifests.ts';
import type { Settings } from '../../lib/config/settings.ts';
import { Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { SeededRandom } from '../faults/seeded-random.ts';
import { alarmsOf, type Rang } from './alarms.ts';
import { MonthAutoscaler } from './autoscaler.ts';
import { advisories, badVersions, deployments, monthStart, type Outage, pools } from './calendar.ts';
import { type Closed, closeMonth } from './closing.ts';
import { Costs } from './costs.ts';
import { type Disturbed, disturb } from './disturbances.ts';
import { type Lost, listLost } from './lost.ts';
import { MonthMachine } from './machine.ts';
import { Pace } from './pace.ts';
import { Truth } from './truth.ts';

const hour = 3_600_000;

/** What a month needs. */
export interface MonthOptions {
  /** The folder of each deployment's cloud assembly, in the order of the calendar. */
  readonly assemblies: readonly string[];
  /** What each deployment was made from. */
  readonly settings: readonly Pick<Settings, 'config' | 'catalogue'>[];
  /** The share of the month's nodes that are played. */
  readonly scale: number;
  readonly days: number;
  readonly seed: number;
  readonly outage: Outage;
  /** Called after each six hours, and with each deployment. */
  readonly tell: (line: string) => void;
}

/** What came of a month. */
export interface MonthResult {
  readonly violations: readonly string[];
  readonly closed: readonly Closed[];
  readonly lost: readonly Lost[];
  readonly rang: readonly Rang[];
  readonly disturbed: Disturbed;
  readonly launches: number;
  readonly nodes: number;
  readonly mostOut: ReadonlyMap<string, { readonly out: number; readonly allowed: number }>;
  readonly passes: number;
  readonly skipped: number;
  readonly usage: Readonly<Record<string, number>>;
  /** The size of the ledger's largest item, in bytes. */
  readonly largestRecord: number;
}

/** Plays the month over the synthesized templates, and checks it from the machines and the Nodes. */
export async function playMonth(options: MonthOptions): Promise<MonthResult> {
  const { assemblies, scale, days, seed, tell } = options;
  const clock = new VirtualClock(monthStart - hour);
  const chance = new SeededRandom(seed, 1);
  Math.random = () => chance.real();
  const machines = new SeededRandom(seed, 2);
  const world = await Simulation.start({
    assembly: assemblies[0] ?? '',
    clock,
    clusters: ['demo'],
    manifests: renderManifests({ runtimes: ['gvisor', 'kata'] }),
    machine: async () => new MonthMachine(badVersions, () => machines.int(10, 90) * 1_000),
  });
  try {
    const truth = new Truth(world);
    const disturbed = disturb(world, new SeededRandom(seed, 3), options.outage);
    let deployed = 0;
    const pace = new Pace(world, () => isInWindow(clock.now()) && truth.isMixed(deployments[deployed]?.defaults));
    pace.takeOver();
    await clock.run(() => false, monthStart);
    const autoscaler = new MonthAutoscaler(world, truth, new SeededRandom(seed, 4), scale);
    autoscaler.start();
    const costs = new Costs(world, pace);
    for (let at = 0; at <= days * 24; at++) {
      const until = monthStart + at * hour;
      for (let next = deployments[deployed + 1]; next !== undefined && monthStart + next.at <= until; ) {
        await clock.run(() => false, monthStart + next.at);
        deployed++;
        tell(`${dayOf(clock.now())}  deployed: ${next.about}`);
        await world.cloud.deploy(assemblies[deployed] ?? '');
        pace.takeOver();
        pace.stir();
        next = deployments[deployed + 1];
      }
      await clock.run(() => false, until);
      truth.checkDeadlines();
      costs.collect();
      if (at % 6 === 0) tell(`${dayOf(clock.now())}  ${lineOf(truth, pace)}`);
    }
    await clock.run(() => world.services.states.running === 0, clock.now() + hour);
    const settings = options.settings[deployed];
    const known = advisories.filter(({ publishedAt }) => publishedAt <= (deployments[deployed]?.at ?? 0));
    return {
      closed: settings === undefined ? [] : await closeMonth(world, truth, settings, known),
      violations: truth.violations,
      lost: listLost(truth),
      rang: alarmsOf(world, pace),
      disturbed,
      launches: autoscaler.launches,
      nodes: pools.reduce((sum, pool) => sum + autoscaler.wanted(pool), 0),
      mostOut: truth.mostOut,
      passes: pace.passes,
      skipped: pace.skipped.length,
      usage: await costs.total(),
      largestRecord: await largestItem(world),
    };
  } finally {
    await world.stop();
  }
}

/** Whether the windows of the month let a rollout take nodes out. */
function isInWindow(now: number): boolean {
  const hours = new Date(now).getUTCHours();
  return hours >= 20 || hours < 6;
}

/** `day 3, 20:00`. */
export function dayOf(now: number): string {
  const at = now - monthStart;
  return `day ${Math.floor(at / (24 * hour))}, ${new Date(now).toISOString().slice(11, 16)}`;
}

function lineOf(truth: Truth, pace: Pace): string {
  const versions = Object.entries(truth.versions()).map(([version, count]) => `${count} ${version}`);
  const out = truth.all().filter(({ outSince }) => outSince !== undefined).length;
  return `${versions.join(', ')}; ${out} out; ${pace.passes} passes; ${truth.violations.length} violations`;
}

/** The size of the ledger's largest item, in bytes. DynamoDB takes 400 KB. */
async function largestItem({ cloud, services }: Simulation): Promise<number> {
  const table = cloud.resources.find(({ type }) => type === 'AWS::DynamoDB::Table')?.ref ?? '';
  const items = await services.dynamoDb.items(table);
  return Math.max(0, ...items.map((item) => JSON.stringify(item).length));
}

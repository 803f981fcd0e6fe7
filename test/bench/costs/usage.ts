import { karpenterNode, type LaunchedNode, type Simulation, startModelled } from '../../../packages/lab/simulation.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import { metricValues } from '../../../packages/local-aws/services.ts';
import { latency } from '../../scale/latency.ts';

/** What AWS counts and charges for, by the names of the items in the price table. */
export type Usage = Readonly<Record<string, number>>;

const minuteMs = 60_000;
/** A month of CloudWatch and of this page, in minutes: 30 days. */
const monthMinutes = 30 * 24 * 60;

/**
 * Assumptions for which the local cloud has no figure: the time that an invocation uses a whole processor, beside the
 * calls that it waits for, and the time of a cold start, both in seconds. `npm run bench:bundles` measures 8 to 16 ms.
 */
const assumed = { processor: 0.012, coldStart: 0.6 };

/** A function with this many MB has a whole processor. */
const wholeProcessorMb = 1_769;

/**
 * The usage of launches, per thousand: nodes of a pool with known agent arrivals, launched evenly within a time and
 * released, with reconcile off.
 *
 * @param assembly the cloud assembly of the sample airlock.yaml
 * @param withinMs from the first launch to the last
 */
export async function usageOfLaunches(assembly: string, count: number, withinMs: number): Promise<Usage> {
  const world = await open(assembly);
  try {
    for (const schedule of world.services.scheduler.schedules) schedule.enabled = false;
    await launchAll(world, 3, 1_000);
    const before = counted(world);
    // A single launch finds no warm function.
    const cold = count === 1 ? coldSeconds(world) : 0;
    const nodes = await launchAll(world, count, withinMs);
    const after = counted(world);
    const transitions = nodes.reduce((sum, node) => sum + world.report(node).transitions, 0);
    const used: Usage = { 'state transitions': transitions, ...difference(before, after) };
    const all = { ...used, 'gigabyte seconds': (used['gigabyte seconds'] ?? 0) + cold };
    return Object.fromEntries(Object.entries(all).map(([item, amount]) => [item, (amount * 1_000) / count]));
  } finally {
    await world.stop();
  }
}

/** The usage of a month without a launch: an hour on the local cloud, and what the template has. */
export async function usageWhileIdle(assembly: string): Promise<Usage> {
  const world = await open(assembly);
  try {
    await pass(world, 5 * minuteMs);
    const before = counted(world);
    const polled = world.services.mappings.emptyReceives;
    await pass(world, 60 * minuteMs);
    const hour = difference(before, counted(world));
    const polls = world.services.mappings.emptyReceives - polled;
    const month = Object.entries(hour).map(([item, amount]) => {
      return [item, ((amount + (item === 'queue requests' ? polls : 0)) * monthMinutes) / 60] as const;
    });
    const alarms = world.cloud.resources.filter(({ type }) => type === 'AWS::CloudWatch::Alarm').length;
    return { alarms, metrics: metrics(world).size, ...Object.fromEntries(month) };
  } finally {
    await world.stop();
  }
}

async function open(assembly: string): Promise<Simulation> {
  const clock = new VirtualClock();
  const world = await startModelled(assembly, {
    clock,
    faults: latency(clock),
  });
  await pass(world, minuteMs);
  return world;
}

async function launchAll(world: Simulation, count: number, withinMs: number): Promise<readonly LaunchedNode[]> {
  const nodes: LaunchedNode[] = [];
  for (let index = 0; index < count; index++) {
    nodes.push(await world.launch(karpenterNode('demo', 'airlock.dev/bootstrap')));
    await pass(world, withinMs / count);
  }
  if (!(await world.settle(60 * minuteMs))) throw new Error('a node did not end');
  // The usage after the end is charged too.
  await pass(world, minuteMs);
  return nodes;
}

async function pass(world: Simulation, ms: number): Promise<void> {
  if (world.clock instanceof VirtualClock) await world.clock.run(() => false, world.clock.now() + ms);
}

function difference(before: Usage, after: Usage): Usage {
  return Object.fromEntries(Object.entries(after).map(([item, amount]) => [item, amount - (before[item] ?? 0)]));
}

/** What was used so far, as far as it is counted by use. */
export function counted(world: Simulation): Usage {
  const { calls, journal } = world.cloud;
  const sum = (pattern: RegExp) =>
    [...calls].reduce((all, [name, count]) => (pattern.test(name) ? all + count : all), 0);
  const { units } = world.services.dynamoDb;
  const entries = journal.filter(({ operation }) => operation === 'PutEvents');
  const bytes = lines(world).reduce((all, line) => all + Buffer.byteLength(line) + 26, 0);
  return {
    'function invocations': sum(/^lambda:Invoke$/),
    'gigabyte seconds': lines(world).reduce((all, line) => all + gigabyteSeconds(line), 0),
    'queue requests': sum(/^sqs:/),
    'table write units': units.write,
    'table read units': units.read,
    events: entries.reduce((all, { input }) => all + (input as { Entries: unknown[] }).Entries.length, 0),
    'megabytes of logs': bytes / 1e6,
  };
}

/** Every line of every log. */
function lines({ cloud: { logs } }: Simulation): readonly string[] {
  return logs.groups.flatMap((group) => logs.events(group).map(({ message }) => message));
}

/** The billed duration in Lambda's own line at the end of an invocation. */
function gigabyteSeconds(line: string): number {
  const [, ms = '', megabytes = ''] = /^REPORT .*Billed Duration: (\d+) ms\tMemory Size: (\d+) MB/.exec(line) ?? [];
  if (ms === '') return 0;
  const processor = assumed.processor * (wholeProcessorMb / Number(megabytes));
  return (Number(ms) / 1_000 + processor) * (Number(megabytes) / 1_024);
}

/** The gigabyte seconds of one start of every function that has run. */
function coldSeconds({ cloud: { lambda } }: Simulation): number {
  const ran = [...lambda.functions.values()].filter(({ environments }) => environments.size > 0);
  return ran.reduce((sum, { settings }) => sum + (assumed.coldStart * settings.memoryMb) / 1_024, 0);
}

/** The metrics that functions wrote into their logs, each with its dimensions. */
function metrics({ cloud: { logs } }: Simulation): Set<string> {
  return new Set(
    metricValues(logs).map(({ namespace, name, dimensions }) => JSON.stringify([namespace, name, dimensions])),
  );
}

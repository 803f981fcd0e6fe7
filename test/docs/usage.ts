import { VirtualClock } from '../../local/clock.ts';
import { ModelledMachine } from '../../local/machine/modelled.ts';
import { karpenterNode } from '../../local/world/node.ts';
import { World } from '../../local/world/world.ts';

/** What AWS counts and charges for, by the names of the rows in docs/costs.md. */
export type Usage = Readonly<Record<string, number>>;

const minuteMs = 60_000;
/** A month of CloudWatch and of this page, in minutes: 30 days. */
const monthMinutes = 30 * 24 * 60;
const poolNodes = 50;

/**
 * What 1,000 nodes use, counted on the local cloud: a pool of 50 nodes that are launched three seconds apart and released, with the sweep off.
 *
 * @param assembly the cloud assembly of the sample airlock.yaml
 */
export async function usageOfNodes(assembly: string): Promise<Usage> {
  const world = await open(assembly);
  try {
    for (const schedule of world.services.scheduler.schedules) schedule.enabled = false;
    await pass(world, 3 * minuteMs);
    const before = counted(world);
    const nodes = [];
    for (let index = 0; index < poolNodes; index++) {
      nodes.push(await world.launch(karpenterNode('demo', 'airlock.dev/bootstrap')));
      await pass(world, 3_000);
    }
    if (!(await world.settle(60 * minuteMs))) throw new Error('a node did not end');
    const after = counted(world);
    const transitions = nodes.reduce((sum, node) => sum + (world.report(node)?.transitions ?? 0), 0);
    return {
      'state transitions': (transitions * 1_000) / poolNodes,
      ...Object.fromEntries(
        Object.entries(after).map(([name, count]) => [name, ((count - (before[name] ?? 0)) * 1_000) / poolNodes]),
      ),
    };
  } finally {
    await world.stop();
  }
}

/** What a month without a launch uses: an hour on the local cloud, and what the template has. */
export async function usageWhileIdle(assembly: string): Promise<Usage> {
  const world = await open(assembly);
  try {
    await pass(world, 5 * minuteMs);
    const before = counted(world);
    await pass(world, 60 * minuteMs);
    const after = counted(world);
    const hour = Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]));
    const of = (type: string) => world.cloud.resources.filter((one) => one.type === type).length;
    const month = (name: string) => ((hour[name] ?? 0) * monthMinutes) / 60;
    return {
      alarms: of('AWS::CloudWatch::Alarm'),
      metrics: metrics(world).size,
      // Lambda keeps five pollers at each queue, each of which asks every 20 seconds.
      'queue requests': month('queue requests') + of('AWS::Lambda::EventSourceMapping') * 5 * 3 * monthMinutes,
      'function invocations': month('function invocations'),
      'table reads': month('table reads'),
      'table writes': month('table writes'),
      'megabytes of logs': month('megabytes of logs'),
    };
  } finally {
    await world.stop();
  }
}

function open(assembly: string): Promise<World> {
  return World.start({
    assembly,
    clock: new VirtualClock(),
    clusters: ['demo'],
    machine: async () => new ModelledMachine(),
  });
}

async function pass(world: World, ms: number): Promise<void> {
  if (world.clock instanceof VirtualClock) await world.clock.run(() => false, world.clock.now() + ms);
}

function counted(world: World): Record<string, number> {
  const { calls, journal, logs } = world.cloud;
  const sum = (pattern: RegExp) =>
    [...calls].reduce((all, [name, count]) => (pattern.test(name) ? all + count : all), 0);
  const items = (operation: string, of: (input: never) => number) =>
    journal.filter((call) => call.operation === operation).reduce((all, { input }) => all + of(input as never), 0);
  const keys = ({ RequestItems }: { RequestItems: Record<string, { Keys: unknown[] }> }) =>
    Object.values(RequestItems).reduce((all, { Keys }) => all + Keys.length, 0);
  const bytes = logs.groups.reduce(
    (all, group) => all + logs.events(group).reduce((one, { message }) => one + Buffer.byteLength(message) + 26, 0),
    0,
  );
  return {
    'function invocations': sum(/^lambda:Invoke$/),
    'queue requests': sum(/^sqs:/),
    'table writes': sum(/^dynamodb:(Put|Update|Delete)Item$/),
    'table reads': sum(/^dynamodb:(Query|Scan|GetItem)$/) + items('BatchGetItem', keys),
    events: items('PutEvents', ({ Entries }: { Entries: unknown[] }) => Entries.length),
    'megabytes of logs': bytes / 1e6,
  };
}

/** The metrics that functions wrote into their logs, each with its dimensions. */
function metrics(world: World): Set<string> {
  const found = new Set<string>();
  for (const group of world.cloud.logs.groups) {
    for (const { message } of world.cloud.logs.events(group)) {
      if (!message.startsWith('{') || !message.includes('CloudWatchMetrics')) continue;
      const line = JSON.parse(message) as Record<string, unknown> & { _aws: { CloudWatchMetrics: Emitted[] } };
      for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
        for (const names of Dimensions) {
          for (const { Name } of Metrics) found.add(JSON.stringify([Namespace, Name, names.map((name) => line[name])]));
        }
      }
    }
  }
  return found;
}

interface Emitted {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

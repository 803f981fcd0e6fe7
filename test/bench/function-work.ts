import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode, Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { latency } from '../scale/latency.ts';

/** What one function did in a run. */
export interface Work {
  readonly invocations: number;
  /**
   * Milliseconds in which it ran or waited on the virtual clock: its calls take what is usual in one region, its code
   * takes no time.
   */
  readonly waitedMs: number;
  /**
   * Milliseconds of processor time in its code and what that called, for all invocations together. Loading the bundle
   * is not included.
   */
  readonly cpuMs: number;
}

/**
 * Launches nodes after a first one, which makes every function warm, and measures each function's processor time with
 * V8's profiler.
 *
 * @param withinMs from the first launch to the last, on the virtual clock
 * @returns by the function's name
 */
export async function workOfLaunches(
  assembly: string,
  count: number,
  withinMs: number,
): Promise<ReadonlyMap<string, Work>> {
  const clock = new VirtualClock();
  const machine = async () => new ModelledMachine();
  const world = await Simulation.start({ assembly, clock, clusters: ['demo'], machine, faults: latency(clock) });
  const session = new Session();
  try {
    const launch = () => world.launch(karpenterNode('demo', 'airlock.dev/bootstrap'));
    const end = async () => {
      if (!(await world.settle(60 * 60_000))) throw new Error('a node did not end');
    };
    await launch();
    await end();
    const before = reports(world);
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
    const began = process.cpuUsage();
    for (let index = 0; index < count; index++) {
      await launch();
      if (withinMs === 0) await end();
      else await clock.run(() => false, clock.now() + withinMs / count);
    }
    await end();
    const { profile } = await session.post('Profiler.stop');
    const { user, system } = process.cpuUsage(began);
    const cpu = cpuByAsset(profile, user + system);
    return new Map(
      [...reports(world)].map(([name, { invocations, waitedMs, asset }]) => [
        name,
        {
          invocations: invocations - (before.get(name)?.invocations ?? 0),
          waitedMs: waitedMs - (before.get(name)?.waitedMs ?? 0),
          cpuMs: (cpu.get(asset) ?? 0) / 1_000,
        },
      ]),
    );
  } finally {
    session.disconnect();
    await world.stop();
  }
}

/** Lambda's own lines at the end of invocations, by function. */
function reports({ cloud }: Simulation) {
  const found = new Map<string, { readonly invocations: number; readonly waitedMs: number; readonly asset: string }>();
  for (const { settings } of cloud.lambda.functions.values()) {
    const name = settings.environment['POWERTOOLS_SERVICE_NAME'];
    if (name === undefined || !cloud.logs.groups.includes(settings.log.group)) continue;
    const billed = cloud.logs
      .events(settings.log.group)
      .flatMap(({ message }) => /^REPORT .*Billed Duration: (\d+) ms/.exec(message)?.[1] ?? [])
      .map(Number);
    const waitedMs = billed.reduce((sum, ms) => sum + ms, 0);
    found.set(name, { invocations: billed.length, waitedMs, asset: assetIn(settings.folder) });
  }
  return found;
}

/**
 * The microseconds of each bundle: a frame of Node or of the engine counts for the bundle that called it. Samples are
 * counted, and share the processor time that the process reports: their own times are wall-clock times, which include
 * the turns of other processes.
 */
function cpuByAsset({ nodes, samples = [] }: Profiler.Profile, cpu: number): Map<string, number> {
  const frames = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<number, string>();
  const own = (id: number, caller: string) => {
    const { callFrame, children = [] } = frames.get(id) ?? {};
    const url = callFrame?.url ?? '';
    const owner = url === '' || url.startsWith('node:') ? caller : assetIn(url);
    owners.set(id, owner);
    for (const child of children) own(child, owner);
  };
  const [root] = nodes;
  if (root !== undefined) own(root.id, '');
  const spent = new Map<string, number>();
  let busy = 0;
  for (const id of samples) {
    if (frames.get(id)?.callFrame.functionName === '(idle)') continue;
    const owner = owners.get(id) ?? '';
    spent.set(owner, (spent.get(owner) ?? 0) + 1);
    busy++;
  }
  return new Map([...spent].map(([owner, count]) => [owner, (count * cpu) / busy]));
}

/** The asset that a path leads into; empty if it leads into none. */
function assetIn(path: string): string {
  return /asset\.[0-9a-f]+/.exec(path)?.[0] ?? '';
}

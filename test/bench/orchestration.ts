import { phaseTable } from '../../domain/launch-phases.ts';
import { quantile } from '../../domain/quantile.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode, receiptIn, type Simulation, startModelled } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { podStartMs } from '../../packages/local-kubernetes/kubelet.ts';
import { latency } from '../scale/latency.ts';
import { runPool } from '../scale/pool.ts';
import { waitsOf } from './waits.ts';

/** One line of the table. */
export interface Measure {
  readonly measure: string;
  readonly value: string;
  readonly aim: string;
}

/** The result of a run of the bench. */
export interface Orchestration {
  readonly measures: readonly Measure[];
  /** A table of the phases of the single launches, line by line. */
  readonly phases: readonly string[];
}

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const middleAndWorst = (values: readonly number[]) =>
  `${seconds(quantile(values, 0.5))} / ${seconds(quantile(values, 1))}`;

/**
 * How long a launch waits for Airlock, on the virtual clock with calls that take what is usual in one region; functions
 * are warm.
 */
export async function measureOrchestration(assembly: string): Promise<Orchestration> {
  const lone = await alone(assembly);
  return { ...lone, measures: [...lone.measures, ...(await crowd(assembly)), ...(await narrow(assembly))] };
}

/** Twenty launches, one after the other, in a pool whose agents come online within six seconds of each other. */
async function alone(assembly: string): Promise<Orchestration> {
  const clock = new VirtualClock();
  const machine = async () => new ModelledMachine();
  const world = await startModelled(assembly, { clock, machine, faults: latency(clock) });
  try {
    const launch = async (agentAfterMs: number) => {
      const node = await world.launch(karpenterNode('demo', 'airlock.dev/bootstrap', { agentAfterMs }));
      await world.settle(60 * 60_000);
      return node;
    };
    // The pool has launched before.
    for (const agentAfterMs of [22_000, 25_000, 28_000]) await launch(agentAfterMs);
    const nodes = [];
    for (let index = 0; index < 20; index++) nodes.push(await launch(22_000 + ((index * 1_730) % 6_000)));
    const waits = waitsOf(world, nodes);
    const transitions = nodes.map((node) => world.report(node).transitions);
    const receipts = nodes.flatMap((node) => receiptIn(world.timelineOf(node)) ?? []);
    const measures = [
      {
        measure: 'lone launch, agent online → command sent, median / worst of 20',
        value: middleAndWorst(waits.map(({ command }) => command)),
        aim: '1 s / 2 s',
      },
      {
        measure: 'result on the node → task answered, median / worst of 20',
        value: middleAndWorst(waits.map(({ answer }) => answer)),
        aim: '1 s',
      },
      {
        measure: "Node Ready and proven → task answered, without the pod's own start, median / worst of 20",
        value: middleAndWorst(waits.map(({ release }) => release - podStartMs)),
        aim: '1 s',
      },
      { measure: 'transitions a launch', value: `${Math.max(...transitions)}`, aim: '7' },
    ];
    return { measures, phases: phaseTable(receipts) };
  } finally {
    await world.stop();
  }
}

/** 200 launches within ten seconds, in a pool without earlier arrivals. */
async function crowd(assembly: string): Promise<readonly Measure[]> {
  let before = 0;
  const calls = (world: Simulation) =>
    Object.entries(world.calls()).reduce(
      (sum, [name, count]) => (name.startsWith('kubernetes:') ? sum + count : sum),
      0,
    );
  const { world, nodes, ended } = await runPool(assembly, 200, 10_000, (made) => {
    before = calls(made);
  });
  try {
    const waits = waitsOf(world, nodes);
    const added = waits.map(({ command, answer, release }) => command + answer + release - podStartMs);
    const throttled = world.cloud.journal.filter(({ error }) => error?.startsWith('Throttling')).length;
    const kubernetes = (calls(world) - before) / nodes.length;
    return [
      { measure: '200 launches in 10 s: all ended', value: ended ? 'yes' : 'no', aim: 'yes' },
      {
        measure: "200 launches in 10 s: p95 of what orchestration adds, without the pod's own start",
        value: seconds(quantile(added, 0.95)),
        aim: '5 s',
      },
      {
        measure: '200 launches in 10 s: SendCommand / throttled calls',
        value: `${world.calls()['ssm:SendCommand']} / ${throttled}`,
        aim: '- / 0',
      },
      { measure: '200 launches in 10 s: functions at once', value: `${world.cloud.lambda.mostAtOnce}`, aim: '12' },
      { measure: '200 launches in 10 s: calls of the Kubernetes API a node', value: kubernetes.toFixed(1), aim: '5' },
    ];
  } finally {
    await world.stop();
  }
}

/** The same in an account that may run only ten functions at a time. */
async function narrow(assembly: string): Promise<readonly Measure[]> {
  const { world, nodes } = await runPool(assembly, 200, 10_000, (made) => {
    made.cloud.lambda.concurrency = 10;
  });
  try {
    const released = nodes.filter((node) => world.report(node).outcome === 'released').length;
    return [{ measure: 'the same with a limit of 10 functions: released', value: `${released}`, aim: '200' }];
  } finally {
    await world.stop();
  }
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { synthesizeSimulated } from '../../cli/synthesize.ts';
import { quantile } from '../../domain/quantile.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode, type LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import type { Fault } from '../../packages/local-kubernetes/faults.ts';
import { latency } from '../scale/latency.ts';
import type { Measure } from './orchestration.ts';

const healthy = 'demo';
const dead = 'other';
/** How many nodes each cluster launches, one of each every half second. */
const nodesEach = 20;
const everyMs = 500;
const deadMs = 10 * 60_000;

/** How a cluster fails to answer. */
const deaths = [
  ['drops every connection', { kind: 'drop', when: 'before' }],
  ['takes every request and answers none', { kind: 'silence' }],
] as const satisfies readonly (readonly [string, Fault])[];

/**
 * Launches nodes in two clusters, one of which does not answer for ten minutes, and compares the other's releases with
 * a run in which both answer.
 *
 * @param folder in which the assembly for two clusters is created
 */
export async function measureDeadCluster(folder: string): Promise<readonly Measure[]> {
  const into = join(folder, 'two-clusters');
  mkdirSync(into);
  const config = join(into, 'airlock.yaml');
  writeFileSync(config, `clusters: [{name: ${healthy}}, {name: ${dead}}]\nruntimes: {gvisor: {}}\n`);
  const { assembly } = await synthesizeSimulated(into, { config });
  const both = await released(assembly);
  const measures: Measure[] = [];
  for (const [what, fault] of deaths) {
    const beside = await released(assembly, fault);
    const added = (share: number) => quantile(beside.healthy, share) - quantile(both.healthy, share);
    measures.push({
      measure: `a cluster that ${what} for 10 min: added to the release of ${nodesEach} nodes of another, median / worst`,
      value: `${(added(0.5) / 1_000).toFixed(1)} s / ${(added(1) / 1_000).toFixed(1)} s`,
      aim: 'none',
    });
    measures.push({
      measure: `a cluster that ${what} for 10 min: its own nodes released / the last one after`,
      value: `${beside.dead.length} / ${((quantile(beside.dead, 1) - deadMs) / 1_000).toFixed(0)} s from its recovery`,
      aim: `${nodesEach} / -`,
    });
  }
  return measures;
}

/** The times of the nodes' releases, in milliseconds since their launch. */
async function released(assembly: string, fault?: Fault): Promise<{ healthy: number[]; dead: number[] }> {
  const clock = new VirtualClock();
  const machine = async () => new ModelledMachine();
  const world = await Simulation.start({ assembly, clock, clusters: [healthy, dead], machine, faults: latency(clock) });
  try {
    const until = clock.now() + deadMs;
    if (fault) world.clusters.get(dead)?.faults.plant(({ aws, now }) => aws && now < until, fault);
    const nodes: LaunchedNode[] = [];
    for (let index = 0; index < nodesEach; index++) {
      for (const cluster of [dead, healthy])
        nodes.push(await world.launch(karpenterNode(cluster, 'airlock.dev/bootstrap')));
      await clock.run(() => false, clock.now() + everyMs);
    }
    await world.settle(60 * 60_000);
    const of = (cluster: string) =>
      nodes
        .filter(({ plan }) => plan.cluster === cluster)
        .flatMap((node) => world.report(node).stages.find(({ name }) => name === 'released')?.ms ?? []);
    return { healthy: of(healthy), dead: of(dead) };
  } finally {
    await world.stop();
  }
}

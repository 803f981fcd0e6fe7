import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, inject, it } from 'vitest';
import { synthesize } from '../../cli/synthesize.ts';
import { ModelledMachine } from '../../packages/lab/machines.ts';
import { karpenterNode, type LaunchedNode, type Simulation } from '../../packages/lab/simulation.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import { isReady } from '../../packages/local-kubernetes/kubelet.ts';
import { cluster, gate, settle, startSimulation } from './scenario.ts';

/** From the binding of a pod until it runs, in the stand-in's kubelet. */
const podStartMs = 1_600;

const clusters = ['demo', 'other'];
const twoClusters = { assembly: '' };
beforeAll(async () => {
  const folder = mkdtempSync(join(inject('scratch'), 'batches-'));
  const config = join(folder, 'airlock.yaml');
  writeFileSync(config, 'clusters: [{name: demo}, {name: other}]\nruntimes: {gvisor: {}}\n');
  twoClusters.assembly = join(folder, 'cdk.out');
  await synthesize({ assembly: twoClusters.assembly, config, catalogue: inject('catalogue') });
});

/** What a pool of nodes showed in a run. */
interface Seen {
  readonly world: Simulation;
  readonly nodes: readonly LaunchedNode[];
  /** The most functions of a name that ran at once. */
  readonly atOnce: ReadonlyMap<string, number>;
  /**
   * For each node the time from Ready and proven until its gate was lifted, without its pod's start, in milliseconds,
   * the shortest first.
   */
  readonly added: readonly number[];
}

/** Launches nodes evenly within a time, and runs them to their ends. */
async function play(count: number, withinMs: number): Promise<Seen> {
  const world = await startSimulation([], async () => new ModelledMachine());
  const { clock } = world;
  world.clusters.get(cluster)?.counts.clear();
  const readyAt = new Map<string, number>();
  const liftedAt = new Map<string, number>();
  world.clusters.get(cluster)?.watchNodes((node) => {
    const { name } = node.metadata;
    if (isReady(node) && !readyAt.has(name)) readyAt.set(name, clock.now());
    if (!node.spec?.taints?.some(({ key }) => key === gate) && !liftedAt.has(name)) liftedAt.set(name, clock.now());
  });
  const atOnce = new Map<string, number>();
  const look = () => {
    const busy = new Map<string, number>();
    for (const { settings, environments } of world.cloud.lambda.functions.values()) {
      const name = settings.environment['POWERTOOLS_SERVICE_NAME'] ?? '';
      busy.set(name, (busy.get(name) ?? 0) + [...environments].filter((one) => one.busy).length);
    }
    for (const [name, number] of busy) atOnce.set(name, Math.max(atOnce.get(name) ?? 0, number));
    clock.after(50, look);
  };
  look();
  const nodes: LaunchedNode[] = [];
  for (let index = 0; index < count; index++) {
    clock.after((index * withinMs) / count, async () => {
      nodes.push(await world.launch(karpenterNode(cluster, gate, { joinAfterMs: 5_000 })));
    });
  }
  if (clock instanceof VirtualClock) await clock.run(() => nodes.length === count);
  await settle(world);
  const added = nodes.map((node) => {
    const proven = world.report(node).stages.find(({ name }) => name === 'proven');
    const from = Math.max(readyAt.get(node.nodeName) ?? 0, node.launchedAt + (proven?.ms ?? 0));
    return (liftedAt.get(node.nodeName) ?? Number.NaN) - from - podStartMs;
  });
  return { world, nodes, atOnce, added: added.sort((a, b) => a - b) };
}

/** The number of requests to the Kubernetes API, by verb and resource. */
const requests = ({ world }: Seen) => Object.fromEntries(world.clusters.get(cluster)?.counts ?? []);
const outcomes = ({ world, nodes }: Seen) => new Set(nodes.map((node) => world.report(node).outcome));

it('a single node is released within a second of its pod, by one function', async () => {
  const seen = await play(1, 0);

  expect(outcomes(seen)).toEqual(new Set(['released']));
  expect(Math.max(...seen.added)).toBeLessThanOrEqual(1_000);
  expect(seen.atOnce.get('cluster')).toBe(1);
  expect(requests(seen)).toMatchObject({
    'kubernetes:create pods': 1,
    'kubernetes:delete pods': 1,
    'kubernetes:patch nodes': 1,
    'kubernetes:create events': 1,
  });
});

it('a hundred nodes within five seconds need two functions at once, and five requests to the Kubernetes API per node, shared ones included', async () => {
  const seen = await play(100, 5_000);

  expect(outcomes(seen)).toEqual(new Set(['released']));
  expect(seen.added[95]).toBeLessThanOrEqual(5_000);
  expect(seen.atOnce.get('cluster')).toBeLessThanOrEqual(2);
  const all = Object.values(requests(seen)).reduce((sum, count) => sum + count, 0);
  expect(all).toBeLessThanOrEqual(5 * seen.nodes.length);
});

it.each([
  ['drops every connection', { kind: 'drop', when: 'before' }],
  ['takes every request and answers none', { kind: 'silence' }],
] as const)(
  'a cluster that %s for ten minutes delays no node of another, and its own node is released afterwards',
  async (_what, fault) => {
    const played = async (down: boolean) => {
      const { assembly } = twoClusters;
      const world = await startSimulation([], async () => new ModelledMachine(), assembly, clusters);
      const [here = '', there = ''] = clusters;
      const until = world.clock.now() + 10 * 60_000;
      if (down) world.clusters.get(there)?.faults.plant(({ aws, now }) => aws && now < until, fault);
      const nodes = [];
      for (const name of [there, there, here]) nodes.push(await world.launch(karpenterNode(name, gate)));
      await settle(world);
      return nodes.map((node) => {
        const { outcome, stages } = world.report(node);
        return { outcome, ms: stages.find(({ name }) => name === 'released')?.ms ?? Number.NaN };
      });
    };
    const [well, ill] = [await played(false), await played(true)];

    expect([...well, ...ill].map(({ outcome }) => outcome)).toEqual(Array(6).fill('released'));
    expect(Math.abs((ill[2]?.ms ?? 0) - (well[2]?.ms ?? 0))).toBeLessThanOrEqual(2_000);
    expect(ill[0]?.ms).toBeGreaterThan(10 * 60_000);
    expect(ill[0]?.ms).toBeLessThan(11 * 60_000);
  },
);

import { karpenterNode, type Simulation } from '../../packages/lab/simulation.ts';
import type { SeededRandom } from '../faults/seeded-random.ts';
import { monthStart, type Pool, pools } from './calendar.ts';
import { type TrueNode, Truth } from './truth.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const everyMs = 2 * minute;

/** The share of a pool that is launched every morning and removed every evening. */
const dailyShare = 0.02;
/** When pools grow and shrink, in milliseconds since midnight. */
const busy = { from: 8 * hour, to: 19 * hour };
/** How long the last sandbox of a node that gives way runs, in minutes. */
const sandboxMinutes = { from: 5, to: 40 };
/** How long a node that failed its first launch is kept, in milliseconds: Karpenter removes it once it is empty. */
const failedKeptMs = 30 * minute;
/** How many nodes of the fleet are lost a day, as spot instances are. */
const lostADay = 4;

/**
 * Karpenter for the pools of the month: it launches nodes for pods that wait, removes nodes that no pod keeps, and
 * knows only what Nodes show. A node with only its startup taint counts as capacity that comes up.
 */
export class MonthAutoscaler {
  launches = 0;
  readonly #world: Simulation;
  readonly #truth: Truth;
  readonly #random: SeededRandom;
  readonly #scale: number;
  readonly #emptyAt = new Map<string, number>();
  readonly #underWay = new Map<string, number>(pools.map(({ name }) => [name, 0]));

  /** @param scale the share of the month's nodes that are played */
  constructor(world: Simulation, truth: Truth, random: SeededRandom, scale: number) {
    this.#world = world;
    this.#truth = truth;
    this.#random = random;
    this.#scale = scale;
  }

  /** Scans now, and then regularly until the clock stops. */
  start(): void {
    for (const pool of pools) this.#scan(pool);
    if (this.#random.chance((lostADay * everyMs * this.#scale) / day)) this.#lose();
    this.#world.clock.after(everyMs, () => this.start());
  }

  /** How many nodes a pool is to have. */
  wanted({ size }: Pool): number {
    const usual = Math.max(2, Math.round(size * this.#scale));
    const time = (this.#world.clock.now() - monthStart) % day;
    return time >= busy.from && time < busy.to ? usual + Math.max(1, Math.round(usual * dailyShare)) : usual;
  }

  #scan(pool: Pool): void {
    const own = [...(this.#truth.alive.get(pool.name) ?? [])];
    for (const one of own) if (one.isQuarantined) this.#removeOnceEmpty(one);
    const capacity = own.filter(({ isQuarantined }) => !isQuarantined);
    const missing = this.wanted(pool) - capacity.length - (this.#underWay.get(pool.name) ?? 0);
    for (let count = 0; count < missing; count++) this.#launch(pool);
    const surplus = this.#random.some(capacity.filter(Truth.isOpen), Math.max(0, -missing));
    for (const { node } of surplus) void node.terminate();
  }

  /** A fleet that is launched at once comes within a quarter of an hour. */
  #launch({ name, runtime }: Pool): void {
    const plan = karpenterNode('demo', 'airlock.dev/bootstrap', {
      runtimeLabel: runtime,
      tags: { 'airlock:runtime': runtime, 'karpenter.sh/nodepool': name },
    });
    this.launches++;
    this.#underWay.set(name, (this.#underWay.get(name) ?? 0) + 1);
    const isFirst = this.#world.clock.now() - monthStart < hour;
    this.#world.clock.after(this.#random.time(0, isFirst ? 15 * minute : minute), async () => {
      await this.#world.launch(plan);
      this.#underWay.set(name, (this.#underWay.get(name) ?? 0) - 1);
    });
  }

  #removeOnceEmpty(one: TrueNode): void {
    const now = this.#world.clock.now();
    const id = one.node.instanceId;
    const first =
      one.spans.length === 0 ? failedKeptMs : this.#random.int(sandboxMinutes.from, sandboxMinutes.to) * minute;
    const emptyAt = this.#emptyAt.get(id) ?? now + first;
    this.#emptyAt.set(id, emptyAt);
    // Nodes in place get their version back, or another one: their sandboxes go on.
    if (now < emptyAt || (one.pool.runtime === 'gvisor' && one.spans.length > 0)) return;
    void one.node.terminate();
  }

  #lose(): void {
    const all = this.#truth.all().filter(Truth.isOpen);
    if (all.length > 0) void this.#random.pick(all).node.terminate();
  }
}

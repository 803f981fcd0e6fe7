import type { LaunchedNode, Simulation } from '../../packages/lab/simulation.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { advisories, deadlineMs, hasFix, maxUnavailableShare, monthStart, type Pool, pools } from './calendar.ts';
import { MonthMachine } from './machine.ts';

/** A time during which a node took pods, with the version on its disk. */
export interface OpenSpan {
  readonly version: string;
  readonly from: number;
  until: number | undefined;
}

/** One node as its machine and its Node have it. */
export interface TrueNode {
  readonly node: LaunchedNode;
  readonly machine: MonthMachine;
  readonly pool: Pool;
  readonly launchedAt: number;
  readonly spans: OpenSpan[];
  /** Whether its Node has the taint of a quarantine, or of giving way. */
  isQuarantined: boolean;
  /** Since when a node that was open is behind its gate. */
  outSince: number | undefined;
  goneAt: number | undefined;
  /** The last time a pod with a RuntimeClass ran there. */
  podRanAt: number | undefined;
}

const gate = 'airlock.dev/bootstrap';
const quarantine = 'airlock.dev/quarantined';

/** A launch that is not released after this is not merely on its way, in milliseconds. */
const startsWithinMs = 10 * 60_000;

/** How long after a pass has read the size of a pool the last gates of its runs return, in milliseconds. */
const sizeHoldsMs = 5 * 60_000;

/** What the machines and the Nodes show, without a word of Airlock's own records. */
export class Truth {
  readonly nodes = new Map<string, TrueNode>();
  /** The nodes that exist, by pool. */
  readonly alive = new Map<string, Set<TrueNode>>(pools.map(({ name }) => [name, new Set()]));
  readonly violations: string[] = [];
  /** The most nodes of each pool that were taken out at once, and how many were allowed then. */
  readonly mostOut = new Map<string, { out: number; allowed: number }>();
  readonly #world: Simulation;
  readonly #byName = new Map<string, TrueNode>();
  readonly #leftAt = new Map<string, number[]>(pools.map(({ name }) => [name, []]));

  constructor(world: Simulation) {
    this.#world = world;
    world.onLaunch.push((node) => this.#launched(node));
    world.clusters.get('demo')?.watchNodes((node) => this.#changed(node));
    world.services.ec2.watch(({ id, state }) => {
      if (state !== 'pending' && state !== 'running') this.#gone(id);
    });
  }

  /** Whether a node takes pods. */
  static isOpen({ spans }: TrueNode): boolean {
    return spans.length > 0 && spans.at(-1)?.until === undefined;
  }

  /** Notes what breaks a rule. */
  violate(what: string): void {
    this.violations.push(`${new Date(this.#world.clock.now()).toISOString()}: ${what}`);
  }

  /** Checks each advisory whose deadline has passed: no node is open with an affected version. */
  checkDeadlines(): void {
    const now = this.#world.clock.now();
    for (const advisory of advisories) {
      if (now < monthStart + advisory.publishedAt + deadlineMs) continue;
      const late = this.all().filter((one) => {
        const version = Truth.isOpen(one) ? one.spans.at(-1)?.version : undefined;
        return one.pool.runtime === advisory.runtime && version !== undefined && !hasFix(advisory, version);
      });
      if (late.length > 0) this.violate(`${late.length} nodes are open after the deadline of ${advisory.id}`);
    }
  }

  /** The nodes that exist. */
  all(): readonly TrueNode[] {
    return [...this.alive.values()].flatMap((own) => [...own]);
  }

  /** Whether a node has another version than new launches get, or gives way to one that has it. */
  isMixed(defaults: Readonly<Record<string, string>> = {}): boolean {
    return this.all().some(({ machine, pool, outSince }) => {
      return outSince !== undefined || machine.version !== defaults[pool.runtime];
    });
  }

  /** How many open nodes have each version. */
  versions(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const one of this.all()) {
      const key = Truth.isOpen(one) ? (one.spans.at(-1)?.version ?? '') : 'closed';
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => a.localeCompare(b)));
  }

  #launched(node: LaunchedNode): void {
    const pool = pools.find(({ name }) => name === node.plan.tags['karpenter.sh/nodepool']);
    const { machine } = node;
    if (pool === undefined || !(machine instanceof MonthMachine)) throw new Error('a node that is not of the month');
    const one: TrueNode = {
      ...{ node, machine, pool, launchedAt: node.launchedAt, spans: [] },
      ...{ isQuarantined: false, outSince: undefined, goneAt: undefined, podRanAt: undefined },
    };
    this.nodes.set(node.instanceId, one);
    this.#byName.set(node.nodeName, one);
    this.alive.get(pool.name)?.add(one);
    machine.beforeSwitch = (from, to) => {
      if (Truth.isOpen(one)) this.violate(`${node.instanceId} gets ${to} over ${from} with its gate open`);
    };
    this.#world.clusters.get('demo')?.watchPods(node.nodeName, ({ spec, status }) => {
      if (status?.phase === 'Running' && spec?.runtimeClassName !== undefined) one.podRanAt = this.#world.clock.now();
    });
  }

  #changed({ metadata, spec }: StoredObject): void {
    const one = this.#byName.get(metadata.name);
    if (one === undefined || one.goneAt !== undefined) return;
    const now = this.#world.clock.now();
    const taints = spec?.taints ?? [];
    one.isQuarantined = taints.some(({ key }) => key === quarantine);
    const isGated = taints.some(({ key }) => key === gate || key === quarantine);
    if (Truth.isOpen(one) === !isGated) return;
    if (isGated) {
      this.#close(one, now);
      one.outSince = now;
      this.#countOut(one.pool, now);
      return;
    }
    const closedAt = one.outSince ?? one.launchedAt;
    const { version, proven } = one.machine;
    if (version === undefined || version !== proven)
      this.violate(`${metadata.name} opens with ${version}, and ${proven} was proven there`);
    if ((one.podRanAt ?? 0) < closedAt)
      this.violate(`${metadata.name} opens, and no sandboxed pod ran since it closed`);
    one.outSince = undefined;
    one.spans.push({ version: version ?? '', from: now, until: undefined });
  }

  /** Only rollouts close a gate in this month: no node drifts, and no person acts. */
  #countOut({ name }: Pool, now: number): void {
    const own = [...(this.alive.get(name) ?? [])];
    const out = own.filter(({ outSince }) => outSince !== undefined).length;
    const stuck = own.filter((one) => {
      return one.spans.length === 0 && one.outSince === undefined && now - one.launchedAt > startsWithinMs;
    }).length;
    const left = (this.#leftAt.get(name) ?? []).filter((at) => now - at < sizeHoldsMs).length;
    const allowed = Math.max(1, Math.floor((own.length + left) * maxUnavailableShare));
    const most = this.mostOut.get(name);
    if (most === undefined || out / allowed > most.out / most.allowed) this.mostOut.set(name, { out, allowed });
    if (out > allowed) this.violate(`${out} nodes of ${name} are out at once, and ${allowed} of ${own.length} may be`);
    else if (out + stuck > allowed && out > 0)
      this.violate(
        `${name} has ${stuck} nodes that failed, and a rollout takes out ${out} more; ${allowed} may be out`,
      );
  }

  #close({ spans }: TrueNode, now: number): void {
    const span = spans.at(-1);
    if (span !== undefined) span.until ??= now;
  }

  #gone(instanceId: string): void {
    const one = this.nodes.get(instanceId);
    if (one === undefined || one.goneAt !== undefined) return;
    one.goneAt = this.#world.clock.now();
    this.#close(one, one.goneAt);
    this.alive.get(one.pool.name)?.delete(one);
    this.#leftAt.get(one.pool.name)?.push(one.goneAt);
  }
}

import { decideRollout, hasChanged, type RolloutStart } from '../../../domain/rollout/decide.ts';
import type { PoolNode, RolloutRun } from '../../../domain/rollout/nodes.ts';
import type { Rollout, RolloutAct, RolloutEvent } from '../../../domain/rollout/rollout.ts';
import { nodesOf, type RolloutSettings } from '../../../domain/rollout/settings.ts';
import type { Runtime } from '../../../domain/runtimes.ts';

export const minute = 60_000;
/** A Monday. */
export const start = Date.parse('2026-11-30T00:00:00.000Z');

export const settings: RolloutSettings = {
  waves: [{ nodes: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
  soakMinutes: 30,
  maxUnavailable: { percent: 10 },
  deadlines: [],
};

interface ModelNode {
  readonly instanceId: string;
  readonly launchedAt: string;
  /** The version that new launches got when it was launched. */
  asked: string;
  version: string | undefined;
  pinned: boolean;
  first: 'under-way' | 'released' | 'failed';
  firstEndedAt: string;
  rollout: RolloutRun | undefined;
  /** When its run ends, and how, as minutes since the start. */
  endsAt: number | undefined;
}

/** Where a pass dies. */
export type Death = 'before-write' | 'after-write' | 'between-starts' | undefined;

/** A pool as a model: nodes with versions, runs that take minutes, and the ledger's record of the rollout. */
export class PoolModel {
  readonly nodes = new Map<string, ModelNode>();
  readonly events: RolloutEvent[] = [];
  /** The versions whose proof fails. */
  readonly bad = new Set<string>();
  readonly withdrawn = new Set<string>();
  rollout: Rollout | undefined;
  revision = 0;
  act: RolloutAct | undefined;
  configured: string;
  now = start;
  settings: RolloutSettings;
  /** The passes that took a node out and left more of them behind their gates than allowed. */
  overtaken: string[] = [];
  /** The waves in place that were done before any node had the version. */
  unproven: string[] = [];
  readonly isInPlace: boolean;
  #count = 0;
  #substitutes = 0;
  readonly #draw: () => number;

  constructor(size: number, version: string, isInPlace = true, draw: () => number = () => 0.5, own = settings) {
    this.isInPlace = isInPlace;
    this.configured = version;
    this.settings = own;
    this.#draw = draw;
    for (let at = 0; at < size; at++) this.launch('released');
  }

  launch(first: ModelNode['first'] = 'under-way'): ModelNode {
    const instanceId = `i-${(this.#count++).toString(16).padStart(17, '0')}`;
    const at = new Date(this.now).toISOString();
    const node: ModelNode = {
      ...{ instanceId, launchedAt: at, asked: this.configured, pinned: false, first, firstEndedAt: at },
      version: first === 'released' ? this.configured : undefined,
      rollout: undefined,
      endsAt: first === 'under-way' ? this.now + 3 * minute : undefined,
    };
    this.nodes.set(instanceId, node);
    return node;
  }

  get all(): readonly ModelNode[] {
    return [...this.nodes.values()];
  }

  isGated({ first, version, rollout }: ModelNode): boolean {
    return version === undefined || first !== 'released' || (rollout !== undefined && rollout.state !== 'proven');
  }

  get gated(): number {
    return this.all.filter((node) => this.isGated(node)).length;
  }

  poolNodes(): readonly PoolNode[] {
    return this.all.map((node) => ({
      instanceId: node.instanceId,
      launchedAt: node.launchedAt,
      runtime: 'gvisor' as Runtime,
      version: this.isGated(node) ? undefined : node.version,
      openWith: this.isGated(node) ? undefined : node.version,
      asked: node.rollout?.to ?? node.asked,
      wanted: this.configured,
      isPinned: node.pinned,
      isPinnedToWithdrawn: false,
      isGated: this.isGated(node),
      isBusy: node.endsAt !== undefined,
      isByHand: false,
      failedLaunch: node.first === 'failed' ? { outcome: 'proof-failed', endedAt: node.firstEndedAt } : undefined,
      rollout: node.rollout,
    }));
  }

  /** One pass of reconcile, which may die on its way. */
  pass(death?: Death, seen = this.poolNodes(), read = { rollout: this.rollout, revision: this.revision }): void {
    const { rollout, starts } = decideRollout({
      ...{ cluster: 'demo', pool: 'sandboxed', runtime: 'gvisor' },
      ...{ settings: this.settings, nodes: seen, configured: this.configured, isInPlace: this.isInPlace },
      canInstall: (version) => !this.withdrawn.has(version),
      isBreakerOpen: () => false,
      ...{ taken: 0, rollout: read.rollout, act: this.act, now: this.now },
    });
    if (rollout === undefined || death === 'before-write') return;
    const isDone = rollout.provenAt !== undefined && rollout.provenAt !== read.rollout?.provenAt;
    if (this.isInPlace && isDone && seen.every(({ version }) => version !== rollout.target))
      this.unproven.push(rollout.provenAt ?? '');
    const mustWrite = starts.length > 0 || hasChanged(read.rollout, rollout);
    if (mustWrite) {
      if (read.revision !== this.revision) return;
      this.rollout = rollout;
      this.revision++;
    }
    if (death === 'after-write') return;
    if (rollout.unpublished.length > 0) {
      this.events.push(...rollout.unpublished);
      this.rollout = { ...rollout, unpublished: [] };
      this.revision++;
    }
    const through = death === 'between-starts' ? starts.slice(0, Math.floor(starts.length / 2)) : starts;
    for (const one of through) this.#begin(one);
    const most = nodesOf(this.settings.maxUnavailable, this.nodes.size, Math.floor);
    if (through.some(({ node }) => !node.isGated) && this.gated > most)
      this.overtaken.push(`${this.gated} of ${this.nodes.size} at ${new Date(this.now).toISOString()}`);
  }

  #begin({ node: { instanceId }, kind, version, was }: RolloutStart): void {
    const node = this.nodes.get(instanceId);
    if (node === undefined || node.endsAt !== undefined) return;
    if (kind === 'terminate') {
      this.nodes.delete(instanceId);
      return;
    }
    node.rollout = { to: version, was, state: 'under-way' };
    if (kind === 'give-way') {
      // The run that returns the gate is short, and the autoscaler launches a substitute.
      node.rollout = { to: version, was, state: 'gives-way', endedAt: new Date(this.now).toISOString() };
      this.#substitutes++;
      return;
    }
    node.endsAt = this.now + Math.ceil(1 + this.#draw() * 8) * minute;
  }

  /** Lets time pass: runs end, and empty nodes that give way are removed. */
  wait(minutes: number): void {
    this.now += minutes * minute;
    for (let left = this.#substitutes; left > 0; left--) {
      if (this.#draw() > 0.85) continue;
      this.launch();
      this.#substitutes--;
    }
    for (const node of this.all) {
      const at = new Date(this.now).toISOString();
      if (node.rollout?.state === 'gives-way' && this.#draw() < 0.2) this.nodes.delete(node.instanceId);
      if (node.endsAt === undefined || node.endsAt > this.now) continue;
      node.endsAt = undefined;
      const version = node.rollout?.to ?? node.asked;
      const passed = !this.bad.has(version);
      if (node.rollout === undefined) {
        node.first = passed ? 'released' : 'failed';
        node.firstEndedAt = at;
      } else {
        const state = passed ? 'proven' : 'failed';
        node.rollout = { ...node.rollout, state, outcome: passed ? 'released' : 'proof-failed', endedAt: at };
      }
      node.version = passed ? version : undefined;
    }
  }

  /** Passes every two minutes until every node has the configured version, at most for some days. */
  settle(days: number): void {
    const until = this.now + days * 24 * 60 * minute;
    const isOver = () => this.#substitutes === 0 && this.count(this.configured) === this.nodes.size;
    while (this.now < until && !isOver()) this.run(2);
    this.run(4);
  }

  /** Passes every two minutes, or less often. */
  run(minutes: number, every = 2): void {
    for (let passed = 0; passed < minutes; passed += every) {
      this.pass();
      this.wait(every);
    }
  }

  count(version: string): number {
    return this.all.filter((node) => !this.isGated(node) && node.version === version).length;
  }
}

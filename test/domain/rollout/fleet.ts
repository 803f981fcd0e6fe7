import { refusalOf } from '../../../domain/act-refusals.ts';
import type { Launch } from '../../../domain/launch.ts';
import type { RunRecord } from '../../../domain/ledger.ts';
import type { Admission } from '../../../domain/messages.ts';
import { decideRollout, hasChanged, type RolloutStart } from '../../../domain/rollout/decide.ts';
import { type PoolNode, poolNodeOf } from '../../../domain/rollout/nodes.ts';
import type { Rollout, RolloutAct, RolloutEvent } from '../../../domain/rollout/rollout.ts';
import { nodesOf, type RolloutSettings } from '../../../domain/rollout/settings.ts';
import { planRequestedRun, planRerun } from '../../../lambdas/reconcile/decide-reruns.ts';
import { planRolloutRun } from '../../../lambdas/reconcile/rollout-runs.ts';

export const minute = 60_000;
/** A Monday. */
export const start = Date.parse('2026-11-30T00:00:00.000Z');

export const settings: RolloutSettings = {
  waves: [{ nodes: 1 }, { percent: 10 }, { percent: 50 }, { percent: 100 }],
  soakMinutes: 30,
  maxUnavailable: { percent: 10 },
  deadlines: [],
};

const released = { outcome: 'released', ending: 'released' } as const;
const failed = { outcome: 'proof-failed', ending: 'quarantined' } as const;
const refusal = { outcome: 'version-withdrawn', detail: '' } as const;

/** One node of the model: what the ledger and EC2 have about it. */
interface ModelNode {
  readonly instanceId: string;
  readonly launch: Launch;
  tag: string;
  /** Its latest run. */
  run: RunRecord;
  /** When that ends, in milliseconds since the epoch; absent if it has ended. */
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
  /** The nodes whose next proof fails, whatever they have. */
  readonly losesProof = new Set<string>();
  /** The nodes on which the proof of a version fails, by instance and version. */
  readonly sick = new Set<string>();
  readonly openBreakers = new Set<string>();
  /** How many runs were begun for rollouts. */
  begun = 0;
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
  /** What was read of each run, and from what else: a run that did not change is not read again. */
  readonly #read = new WeakMap<RunRecord, { readonly from: string; readonly poolNode: PoolNode }>();

  constructor(size: number, version: string, isInPlace = true, draw: () => number = () => 0.5, own = settings) {
    this.isInPlace = isInPlace;
    this.configured = version;
    this.settings = own;
    this.#draw = draw;
    for (let at = 0; at < size; at++) this.launch('released');
  }

  launch(first: 'under-way' | 'released' = 'under-way', version = this.configured, tag = 'gvisor'): ModelNode {
    const instanceId = `i-${(this.#count++).toString(16).padStart(17, '0')}`;
    const at = new Date(this.now).toISOString();
    const launch: Launch = {
      ...{ instanceId, launchedAt: at, cluster: 'demo', pool: 'sandboxed', nodeName: instanceId },
      ...{ providerId: `aws:///eu-central-1a/${instanceId}`, deadline: new Date(this.now + 20 * minute).toISOString() },
    };
    const { cluster, pool } = launch;
    const request = { runtime: 'gvisor', version } as const;
    const begun: RunRecord = { instanceId, launchedAt: at, cluster, pool, launch, request, admittedAt: at };
    const node: ModelNode = {
      ...{ instanceId, launch, tag },
      run: first === 'released' ? { ...begun, ...released, endedAt: at } : begun,
      endsAt: first === 'under-way' ? this.now + 3 * minute : undefined,
    };
    this.nodes.set(instanceId, node);
    return node;
  }

  get all(): readonly ModelNode[] {
    return [...this.nodes.values()];
  }

  /** The admission that the launch of a node would get now. */
  admissionOf({ launch, tag }: ModelNode): Admission {
    const version = tag.split('@')[1] ?? this.configured;
    if (this.withdrawn.has(version)) return { launch, refused: refusal };
    return { launch, request: { runtime: 'gvisor', version } };
  }

  poolNodeOf(node: ModelNode): PoolNode {
    const known = this.#read.get(node.run);
    const from = `${node.tag} ${this.configured} ${this.withdrawn.size}`;
    if (known?.from === from) return known.poolNode;
    const poolNode = poolNodeOf(this.admissionOf(node), node.run, node.tag, false);
    this.#read.set(node.run, { from, poolNode });
    return poolNode;
  }

  /** Removes the nodes that no rollout opens: they failed before it, or were closed by hand. */
  removeClosed(): void {
    for (const node of this.all) {
      const { isGated, isBusy, rollout } = this.poolNodeOf(node);
      if (isGated && !isBusy && rollout === undefined) this.nodes.delete(node.instanceId);
    }
  }

  /** The version that new launches get, unless it is withdrawn. */
  get accepted(): string | undefined {
    return this.withdrawn.has(this.configured) ? undefined : this.configured;
  }

  get gated(): number {
    return this.poolNodes().filter(({ isGated }) => isGated).length;
  }

  poolNodes(): readonly PoolNode[] {
    return this.all.map((node) => this.poolNodeOf(node));
  }

  /** Begins to prove a released node again, with the version that it has. Its gate stays open meanwhile. */
  reverify(node: ModelNode): void {
    const { launch, run } = node;
    if (run.ending !== 'released' || run.operatorAct !== undefined || node.endsAt !== undefined) return;
    const { request } = run;
    const why = { why: 'drifted', reason: 'planted' } as const;
    this.#start(node, planRerun({ launch, ...(request && { request }) }, run, why, this.now));
  }

  /** An operator acts by hand, if that is possible after the latest run; `retry` begins another run. */
  actByHand(node: ModelNode, act: 'release' | 'quarantine' | 'retry'): void {
    if (node.endsAt !== undefined || refusalOf(act, node.run) !== undefined) return;
    const at = new Date(this.now).toISOString();
    const opened = act === 'release' ? { opened: true as const } : {};
    node.run = { ...node.run, operatorAct: { act, by: 'arn:ops', at, because: 'a test', ...opened } };
    const versions = { gvisor: { default: this.configured, all: ['1', '2', '3', '4'] } };
    const planned = planRequestedRun(this.admissionOf(node), node.run, versions, this.now);
    if (planned?.request !== undefined) this.#start(node, planned);
  }

  #start(node: ModelNode, { launch, request, refused }: Admission): void {
    const { instanceId, cluster, pool, launchedAt } = launch;
    const number = String(launch.rerun?.attempt ?? 0).padStart(4, '0');
    node.run = {
      ...{ instanceId, launchedAt: `${launchedAt} ${number}`, cluster, pool, launch, admittedAt: launchedAt },
      ...(request && { request }),
      ...(refused && { refused }),
    };
    node.endsAt = this.now + Math.ceil(1 + this.#draw() * 8) * minute;
  }

  /** One pass of reconcile, which may die on its way. */
  pass(death?: Death, seen = this.poolNodes(), read = { rollout: this.rollout, revision: this.revision }): void {
    const { rollout, starts } = decideRollout({
      ...{ cluster: 'demo', pool: 'sandboxed', runtime: 'gvisor' },
      ...{ settings: this.settings, nodes: seen, configured: this.accepted, isInPlace: this.isInPlace },
      canInstall: (version) => !this.withdrawn.has(version),
      isBreakerOpen: (version) => this.openBreakers.has(version),
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

  #begin(start: RolloutStart): void {
    const node = this.nodes.get(start.node.instanceId);
    if (node === undefined || node.endsAt !== undefined) return;
    this.begun++;
    if (start.kind === 'terminate') {
      this.nodes.delete(node.instanceId);
      return;
    }
    this.#start(node, planRolloutRun(start, { launch: node.launch }, node.run, this.now));
    if (start.kind !== 'give-way') return;
    // The run that returns the gate is short, and the autoscaler launches a substitute.
    const endedAt = new Date(this.now).toISOString();
    node.run = { ...node.run, outcome: 'version-outdated', ending: 'quarantined', endedAt };
    node.endsAt = undefined;
    this.#substitutes++;
  }

  /** Lets time pass: runs end, and empty nodes that give way are removed. */
  wait(minutes: number): void {
    this.now += minutes * minute;
    for (let left = this.#substitutes; left > 0; left--) {
      if (this.#draw() > 0.85) continue;
      this.launch();
      this.#substitutes--;
    }
    const endedAt = new Date(this.now).toISOString();
    for (const node of this.all) {
      if (node.run.outcome === 'version-outdated' && this.#draw() < 0.2) this.nodes.delete(node.instanceId);
      if (node.endsAt === undefined || node.endsAt > this.now) continue;
      node.endsAt = undefined;
      const version = node.run.request?.version ?? '';
      const isSick = this.sick.has(`${node.instanceId} ${version}`);
      const isBad = this.losesProof.delete(node.instanceId) || this.bad.has(version) || isSick;
      node.run = { ...node.run, ...(isBad ? failed : released), endedAt };
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

  /** How many nodes are open with a version that was proven. */
  count(version: string): number {
    return this.poolNodes().filter((node) => !node.isGated && node.version === version).length;
  }
}

/** An operator's act about the rollout of a pool, now. @param to the version to go back to */
export const actOf = (act: RolloutAct['act'], pool: PoolModel, to?: string): RolloutAct => ({
  ...{ act, by: 'arn:aws:sts::123456789012:assumed-role/Platform/ann', because: 'a test' },
  at: new Date(pool.now).toISOString(),
  ...(to === undefined ? {} : { to }),
});

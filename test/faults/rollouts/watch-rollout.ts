import { nodesOf } from '../../../domain/rollout/settings.ts';
import type { LaunchedNode } from '../../../packages/lab/simulation.ts';
import type { FaultRun } from '../fault-run.ts';
import type { RolloutDraw } from './draw-rollout.ts';
import type { DeployedVersion, DoneAct, Take, WatchedRollout } from './watched-rollout.ts';

/** The execution of a rollout's run, by its name, which begins with the instance: the purpose comes after the time. */
const ofRollout = /^(i-[0-9a-f]+)-\d+-rollout-/;

/** The part of a call that records a run before it starts. */
interface Recorded {
  readonly Key?: { readonly instanceId?: { readonly S: string } };
  readonly ExpressionAttributeValues?: { readonly ':launch'?: { readonly S: string } };
}

/** What an outsider sees of a rollout: which nodes it takes out of service, and how many others are out then. */
export class RolloutWatch implements WatchedRollout {
  readonly draw: RolloutDraw;
  readonly began: number;
  readonly takes: Take[] = [];
  readonly acts: DoneAct[] = [];
  readonly deployed: DeployedVersion[] = [];
  readonly #faultRun: FaultRun;
  readonly #passes: number[] = [];
  readonly #executions = new Set<string>();
  /** The version of the latest run that was recorded for a node. */
  readonly #targets = new Map<string, string>();
  /** Nodes that a rollout takes out, until they are behind their gates. */
  readonly #leaving = new Map<string, string>();
  /** Since when nodes are behind their gates, and whether a rollout closed them. */
  readonly #closed = new Map<string, { readonly at: number; readonly byRollout: boolean }>();

  constructor(faultRun: FaultRun, draw: RolloutDraw) {
    this.#faultRun = faultRun;
    this.draw = draw;
    const { clock } = faultRun;
    this.began = clock.now();
    faultRun.onCall({
      before: ({ caller, operation, input }) => {
        const isFirst = (input as { NextToken?: string }).NextToken === undefined;
        if (caller === 'reconcile' && operation === 'DescribeInstances' && isFirst) this.#passes.push(clock.now());
        return undefined;
      },
      after: ({ caller, operation, input }) => {
        if (caller === 'reconcile' && operation === 'UpdateItem') this.#recorded(input as Recorded);
        if (caller === 'reconcile' && operation === 'StartExecution')
          this.#begun(String((input as { name?: string }).name));
        return undefined;
      },
    });
    faultRun.cluster.watchNodes(() => this.#look());
    this.#look();
  }

  #look(): void {
    const now = this.#faultRun.clock.now();
    for (const { node } of this.#faultRun.nodes) {
      const { instanceId } = node;
      if (this.#faultRun.isOpen(node)) this.#closed.delete(instanceId);
      else if (!this.#closed.has(instanceId))
        this.#closed.set(instanceId, { at: now, byRollout: this.#leaving.delete(instanceId) });
    }
  }

  #recorded({ Key, ExpressionAttributeValues }: Recorded): void {
    const launch = JSON.parse(ExpressionAttributeValues?.[':launch']?.S ?? '{}') as { rerun?: { to?: string } };
    const { to } = launch.rerun ?? {};
    if (to !== undefined) this.#targets.set(Key?.instanceId?.S ?? '', to);
  }

  #begun(name: string): void {
    const [, instanceId = ''] = ofRollout.exec(name) ?? [];
    if (instanceId === '' || this.#executions.has(name)) return;
    this.#executions.add(name);
    const taken = this.#faultRun.nodes.find(({ node }) => node.instanceId === instanceId)?.node;
    if (taken === undefined || !this.#faultRun.isOpen(taken)) return;
    this.#look();
    this.#leaving.set(instanceId, name);
    const at = this.#faultRun.clock.now();
    const since = this.#passBegan(at);
    const alive = this.#faultRun.nodes.flatMap(({ node }) => (this.#faultRun.isAlive(node) ? [node] : []));
    const out = alive.filter((node) => this.#isOut(node, since)).map((node) => node.instanceId);
    const gone = this.#faultRun.watch.launches.filter(({ goneAt }) => goneAt !== undefined && goneAt > since).length;
    const most = nodesOf(this.draw.settings.maxUnavailable, alive.length + gone, Math.floor);
    this.takes.push({ instanceId, at, to: this.#targets.get(instanceId) ?? '', out, most });
  }

  /** When the pass that acts now had read nothing yet: two may run at once. */
  #passBegan(now: number): number {
    const busy = [...(this.#faultRun.function('reconcile')?.environments ?? [])].filter((one) => one.busy).length;
    return this.#passes.at(-Math.max(1, busy)) ?? now;
  }

  /** Whether a node takes no pods, and the pass could see it: only what rollouts themselves do counts at once. */
  #isOut(node: LaunchedNode, since: number): boolean {
    const { instanceId } = node;
    const execution = this.#leaving.get(instanceId);
    if (execution !== undefined && this.#isUnderWay(execution)) return true;
    if (this.#faultRun.isOpen(node)) return false;
    const { at = node.launchedAt, byRollout = false } = this.#closed.get(instanceId) ?? {};
    return byRollout || at < since;
  }

  #isUnderWay(name: string): boolean {
    const { states } = this.#faultRun.world.services;
    return states.executions().some((one) => one.name === name && one.status === 'RUNNING');
  }
}

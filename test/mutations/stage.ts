import { strict as assert } from 'node:assert';
import type { MachineFault } from '../../packages/lab/faults.ts';
import { type Machine, ModelledMachine } from '../../packages/lab/machines.ts';
import {
  karpenterNode,
  type LaunchedNode,
  type NodeChange,
  type Simulation,
  startModelled,
} from '../../packages/lab/simulation.ts';
import type { Faults } from '../../packages/local-aws/aws.ts';
import { VirtualClock } from '../../packages/local-aws/clock.ts';
import type { StoredObject } from '../../packages/local-kubernetes/object.ts';
import { Copy, type PoolRules } from './assembly.ts';

export const cluster = 'demo';
export const gate = 'airlock.dev/bootstrap';
const patienceMs = 40 * 60_000;

/** What a scenario plays on: a fresh world over one assembly, on the virtual clock. */
export class Stage {
  readonly world: Simulation;
  readonly clock: VirtualClock;
  /** The assembly with rules of its own; the functions are loaded from it while the world goes on. */
  readonly #copy: Copy | undefined;

  private constructor(world: Simulation, clock: VirtualClock, copy: Copy | undefined) {
    this.world = world;
    this.clock = clock;
    this.#copy = copy;
  }

  /** Starts a world with modelled machines, or with those that `machine` makes, and with other rules for pools if some are given. */
  static async set(
    assembly: string,
    faults: readonly MachineFault[] = [],
    machine: () => Promise<Machine> = async () => new ModelledMachine(faults),
    rules: PoolRules = {},
  ): Promise<Stage> {
    if (Object.keys(rules).length === 0) return Stage.#start(assembly, machine);
    const copy = new Copy(assembly);
    copy.setRules(rules);
    return Stage.#start(copy.write(), machine, copy);
  }

  static async #start(assembly: string, machine: () => Promise<Machine>, copy?: Copy): Promise<Stage> {
    const clock = new VirtualClock();
    const world = await startModelled(assembly, {
      clock,
      machine,
    });
    return new Stage(world, clock, copy);
  }

  launch(change: NodeChange = {}): Promise<LaunchedNode> {
    return this.world.launch(karpenterNode(cluster, gate, change));
  }

  /** Lets time pass until every node has ended. */
  async settle(): Promise<void> {
    assert.ok(await this.world.settle(patienceMs), 'a node did not end in time');
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    await this.clock.run(() => false, this.clock.now() + ms);
  }

  outcome(node: LaunchedNode): string {
    return this.world.report(node).outcome;
  }

  /** Milliseconds from the launch to a stage of a node's way. */
  reached(node: LaunchedNode, stage: string): number {
    const found = this.world.report(node).stages.find(({ name }) => name === stage);
    assert.ok(found, `the node never was ${stage}`);
    return found.ms;
  }

  timeline(node: LaunchedNode): readonly string[] {
    return this.world.timelineOf(node).map((event) => event['detail-type']);
  }

  node({ nodeName }: LaunchedNode): StoredObject {
    const node = this.world.clusters.get(cluster)?.node(nodeName);
    assert.ok(node, `the cluster has no Node ${nodeName}`);
    return node;
  }

  taints(node: LaunchedNode): readonly string[] {
    return (this.node(node).spec?.taints ?? []).map(({ key }) => key).filter((key) => key.startsWith('airlock.dev/'));
  }

  /** How many commands went to a node. */
  commandsFor({ instanceId }: LaunchedNode): number {
    const all = this.world.services.ssm.commands();
    return all.filter(({ invocations }) => invocations.some((one) => one.instanceId === instanceId)).length;
  }

  /** How often an operation succeeded. */
  done(operation: string): number {
    return this.world.cloud.journal.filter((entry) => entry.operation === operation && entry.error === undefined)
      .length;
  }

  /** The function whose construct has this name. */
  functionName(construct: string): string {
    return this.world.cloud.resource(`${construct}/Function/Resource`).ref;
  }

  /** Whether a function wrote into its log. */
  logged(construct: string): boolean {
    const { group } = this.world.cloud.lambda.function(this.functionName(construct)).settings.log;
    return this.world.cloud.logs.events(group).length > 0;
  }

  /** The role of a function. */
  roleOf(construct: string): string {
    return this.world.cloud.lambda.function(this.functionName(construct)).settings.roleArn;
  }

  /** Messages in the dead-letter queues, by queue. */
  deadLetters(): readonly string[] {
    const all = this.world.services.sqs.all().filter(({ settings }) => /DeadLetters/.test(settings.name));
    return all.flatMap(({ settings, visible }) => Array<string>(visible).fill(settings.name));
  }

  /** No one needed a right that he does not have, and no one has to look after a message. */
  undisturbed(): void {
    const denied = this.world.cloud.journal.filter(({ error }) =>
      /AccessDenied|NotAuthorized|Unauthorized/.test(error ?? ''),
    );
    assert.deepEqual(
      denied.map(({ service, operation, error }) => `${service}:${operation} ${error}`),
      [],
      'a call was denied',
    );
    assert.deepEqual(this.deadLetters(), [], 'there are dead letters');
  }

  async strike(): Promise<void> {
    await this.world.stop();
    this.#copy?.remove();
  }
}

/** A scenario: it throws if the assembly does not do what it should. */
export type Scenario = (assembly: string) => Promise<void>;

/** Plays one scenario on a fresh stage. */
export function on(
  play: (stage: Stage) => Promise<void>,
  ...setting: Parameters<typeof Stage.set> extends [string, ...infer R] ? R : never
): Scenario {
  return async (assembly) => {
    const stage = await Stage.set(assembly, ...setting);
    try {
      await play(stage);
    } finally {
      await stage.strike();
    }
  };
}

/** Kills whoever makes a call, once, right after it took effect. */
export function onceAfter(wanted: string): Faults {
  let deaths = 1;
  return { afterCall: ({ operation }) => (operation === wanted && deaths-- > 0 ? 'crash' : undefined) };
}

import { strict as assert } from 'node:assert';
import type { MachineFault } from '../../../packages/lab/faults.ts';
import { type Machine, ModelledMachine } from '../../../packages/lab/machines.ts';
import type { LaunchedNode, NodeChange, Simulation } from '../../../packages/lab/simulation.ts';
import type { Faults } from '../../../packages/local-aws/aws.ts';
import { VirtualClock } from '../../../packages/local-aws/clock.ts';
import type { StoredObject } from '../../../packages/local-kubernetes/object.ts';
import { Copy, type PoolRules } from '../../mutations/assembly.ts';
import * as observe from '../observe.ts';
import { startPrepared } from '../prepared.ts';

export { cluster, gate } from '../observe.ts';

/** One scenario: a fresh simulation of one assembly, on the virtual clock. */
export class Scenario {
  readonly world: Simulation;
  readonly clock: VirtualClock;
  /** The assembly with its own rules; the functions are loaded from it while the simulation runs. */
  readonly #copy: Copy | undefined;

  private constructor(world: Simulation, clock: VirtualClock, copy: Copy | undefined) {
    this.world = world;
    this.clock = clock;
    this.#copy = copy;
  }

  /**
   * Starts a simulation with modelled machines, or with those that `machine` makes, and with other rules for pools if
   * some are given.
   */
  static async start(
    assembly: string,
    faults: readonly MachineFault[] = [],
    machine: () => Promise<Machine> = async () => new ModelledMachine(faults),
    rules: PoolRules = {},
  ): Promise<Scenario> {
    if (Object.keys(rules).length === 0) return Scenario.#begin(assembly, machine);
    const copy = new Copy(assembly);
    copy.setRules(rules);
    return Scenario.#begin(copy.write(), machine, copy);
  }

  static async #begin(assembly: string, machine: () => Promise<Machine>, copy?: Copy): Promise<Scenario> {
    const clock = new VirtualClock();
    const world = await startPrepared(assembly, {
      clock,
      machine,
    });
    return new Scenario(world, clock, copy);
  }

  launch(change: NodeChange = {}): Promise<LaunchedNode> {
    return observe.launch(this.world, change);
  }

  /** Lets time pass until every node has ended. */
  settle(): Promise<void> {
    return observe.settle(this.world);
  }

  /** Lets time pass. */
  pass(ms: number): Promise<void> {
    return observe.pass(this.world, ms);
  }

  outcome(node: LaunchedNode): string {
    return this.world.report(node).outcome;
  }

  /** Milliseconds from the launch to a stage of a node. */
  reached(node: LaunchedNode, stage: string): number {
    const found = this.world.report(node).stages.find(({ name }) => name === stage);
    assert.ok(found, `the node never was ${stage}`);
    return found.ms;
  }

  timeline(node: LaunchedNode): readonly string[] {
    return observe.timeline(this.world, node);
  }

  node(node: LaunchedNode): StoredObject {
    return observe.nodeOf(this.world, node);
  }

  taints(node: LaunchedNode): readonly string[] {
    return observe.taintsOf(this.world, node);
  }

  /** How many commands a node was sent. */
  commandsFor(node: LaunchedNode): number {
    return observe.commandsFor(this.world, node);
  }

  /** How many calls of an operation succeeded. */
  done(operation: string): number {
    return observe.done(this.world, operation);
  }

  /** The function whose construct has this name. */
  functionName(construct: string): string {
    return observe.functionName(this.world, construct);
  }

  /** Whether a function wrote to its log. */
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

  /** No call was denied, and no message is a dead letter. */
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

  async stop(): Promise<void> {
    await this.world.stop();
    this.#copy?.remove();
  }
}

/** Plays a scenario on an assembly. Throws if the assembly does not do what it should. */
export type ScenarioRun = (assembly: string) => Promise<void>;

/** Makes a run of a scenario that plays on a fresh simulation. */
export function on(
  play: (scenario: Scenario) => Promise<void>,
  ...setting: Parameters<typeof Scenario.start> extends [string, ...infer R] ? R : never
): ScenarioRun {
  return async (assembly) => {
    const scenario = await Scenario.start(assembly, ...setting);
    try {
      await play(scenario);
    } finally {
      await scenario.stop();
    }
  };
}

/** Kills the caller of an operation, once, right after it took effect. */
export function onceAfter(wanted: string): Faults {
  let deaths = 1;
  return { afterCall: ({ operation }) => (operation === wanted && deaths-- > 0 ? 'crash' : undefined) };
}

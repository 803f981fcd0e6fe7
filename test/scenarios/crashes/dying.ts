import { expect, inject } from 'vitest';
import { type Breaker, breakerKey } from '../../../domain/breaker.ts';
import type { LaunchedNode } from '../../../packages/lab/simulation.ts';
import type { ObservedCall } from '../../../packages/local-aws/aws.ts';
import { Controllers } from '../../../packages/local-kubernetes/controllers.ts';
import type { PoolRules } from '../../mutations/assembly.ts';
import { cluster, Scenario } from '../registry/scenario.ts';

/** Where a function dies: right before a call takes effect, or right after. */
export const sides = ['beforeCall', 'afterCall'] as const;
type Side = (typeof sides)[number];

/** Calls of Lambda itself with a function's role. */
const polling = ['ReceiveMessage', 'DeleteMessageBatch'];
/** Calls that change nothing. */
const reading = /^(BatchGet|Get|Describe|List|Query)/;

/** A run of a node in which one function dies. */
export interface Plot {
  /** The construct of the function. */
  readonly construct: string;
  /** Sets the simulation up, before the first run. */
  readonly prepare?: (scenario: Scenario) => void;
  /** The arguments of `Scenario.start` besides the assembly. */
  readonly setting?: Parameters<typeof Scenario.start> extends [string, ...infer R] ? R : never;
  /** Also counts calls of other functions. */
  readonly strike?: (call: ObservedCall, side: Side, scenario: Scenario) => 'crash' | undefined;
  /**
   * Runs the plot to its end.
   *
   * @param arm from this moment on the function may die
   * @returns what an outsider can see
   */
  readonly play: (scenario: Scenario, arm: () => void) => Promise<unknown>;
  /** Whether the rest of the run does not matter: the function may survive from there on. */
  readonly over?: (scenario: Scenario) => boolean;
  /** What must be visible, wherever the function died. */
  readonly seen: unknown;
}

/**
 * Runs begin at multiples of this time, in milliseconds, so that each has the same part of every schedule before it.
 */
const everyMs = 10 * 60_000;

/**
 * Runs a plot again and again in one simulation, each time with a new node, an empty ledger and a cold start of the
 * function. The other functions stay warm.
 *
 * @param run one run; `n` counts from 1. It returns where the function died, or undefined if it survived, which ends
 * the series
 */
export async function playSeries(
  plot: Plot,
  run: (scenario: Scenario, n: number) => Promise<string | undefined>,
): Promise<void> {
  const scenario = await Scenario.start(inject('prepared'), ...(plot.setting ?? []));
  try {
    plot.prepare?.(scenario);
    const began = scenario.clock.now();
    for (let n = 1; ; n++) {
      scenario.world.cloud.lambda.update(scenario.functionName(plot.construct), {});
      const died = await run(scenario, n);
      if (died === undefined) return;
      await clear(scenario, began);
    }
  } finally {
    await scenario.stop();
  }
}

/** Removes what a run left behind, and waits until the next may begin. */
async function clear({ world, clock }: Scenario, began: number): Promise<void> {
  world.cloud.faults = {};
  const api = world.clusters.get(cluster);
  api?.faults.clear();
  for (const { instanceId, nodeName } of world.nodes) {
    if (world.services.ec2.find(instanceId)?.state === 'running') world.services.ec2.terminate(instanceId);
    if (api?.node(nodeName) !== undefined) await new Controllers(api, clock).instanceGone(nodeName);
  }
  const runs = Math.ceil((clock.now() + 60_000 - began) / everyMs);
  await clock.run(() => false, began + runs * everyMs);
  await world.services.dynamoDb.clear(world.cloud.resource('Ledger/Table/Resource').ref);
}

/**
 * Makes the function die once per run: at each call that changes something, and before the first call of each
 * invocation. Dying at another read leaves behind what dying after the call before it does.
 *
 * @returns the calls of the run in which it survived, in order
 */
export async function dieEverywhere(plot: Plot, side: Side): Promise<readonly string[]> {
  let made: string[] = [];
  await playSeries(plot, async (scenario, n) => {
    const role = scenario.roleOf(plot.construct);
    const name = scenario.functionName(plot.construct);
    let armed = false;
    let places = 0;
    let isFirst = false;
    let died: string | undefined;
    made = [];
    const strikeAt = (where: Side) => (call: ObservedCall) => {
      const { principal, operation } = call;
      if (operation === 'Invoke' && where === 'beforeCall' && JSON.stringify(call.input).includes(name)) isFirst = true;
      if (principal.kind !== 'role' || polling.includes(operation)) return undefined;
      if (principal.roleArn !== role) return plot.strike?.(call, where, scenario);
      if (where !== side || !armed || plot.over?.(scenario)) return undefined;
      made.push(operation);
      const counts = !reading.test(operation) || (isFirst && side === 'beforeCall');
      isFirst = false;
      if (!counts || ++places !== n) return undefined;
      died = operation;
      return 'crash' as const;
    };
    scenario.world.cloud.faults = { beforeCall: strikeAt('beforeCall'), afterCall: strikeAt('afterCall') };
    const seen = await plot.play(scenario, () => {
      armed = true;
    });
    const at = `${died} (${n})`;
    expect({ at, seen, deadLetters: scenario.deadLetters() }).toEqual({ at, seen: plot.seen, deadLetters: [] });
    return died;
  });
  return made;
}

/** The distinct published ends of a node: an end may be published again with the same content. */
export function endsOf(scenario: Scenario, node: LaunchedNode): readonly string[] {
  const told = scenario.world
    .timelineOf(node)
    .flatMap((event) => ('endedAt' in event.detail ? [{ type: event['detail-type'], receipt: event.detail }] : []));
  const different = new Map(told.map((end) => [JSON.stringify(end), end]));
  return [...different.values()].map(({ type, receipt }) => `${type}: ${receipt.outcome}`);
}

/** The statuses of a node's commands. */
export function commandsOf(scenario: Scenario, node: LaunchedNode): readonly string[] {
  return invocationsOf(scenario, node).map(({ status }) => status);
}

/** When a node's commands ended, in milliseconds since the epoch. */
export function endsOfCommands(scenario: Scenario, node: LaunchedNode): readonly number[] {
  return invocationsOf(scenario, node).map(({ endedAt }) => endedAt ?? Number.POSITIVE_INFINITY);
}

function invocationsOf({ world }: Scenario, { instanceId }: LaunchedNode) {
  const all = world.services.ssm.commands().flatMap(({ invocations }) => invocations);
  return all.filter((one) => one.instanceId === instanceId);
}

/** The status of a node's executions. */
export function executionsOf({ world }: Scenario, { instanceId }: LaunchedNode): readonly string[] {
  const all = world.services.states.executions().filter(({ name }) => name.startsWith(instanceId));
  return all.map(({ status }) => status);
}

/** The pool's breaker, as the ledger has it. */
export async function breakerOf({
  world,
}: Scenario): Promise<{ readonly state: Breaker['state']; readonly failed: number; readonly probed: boolean }> {
  const key = breakerKey({ cluster, pool: '', version: '' }).launchedAt;
  const rows = await world.services.dynamoDb.items(world.cloud.resource('Ledger/Table/Resource').ref);
  const row = rows.find(({ launchedAt }) => launchedAt?.S === key);
  return {
    state: (row?.['state']?.S ?? 'closed') as Breaker['state'],
    failed: row?.['failed']?.SS?.length ?? 0,
    probed: row?.['probe'] !== undefined,
  };
}

/** Settings with which the first failure opens the breaker. */
export const fragile: PoolRules = { breaker: { failures: 1, sharePercent: 1, windowMinutes: 60 } };

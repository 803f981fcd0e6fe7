import { expect, inject } from 'vitest';
import { type Breaker, breakerKey } from '../../../domain/breaker.ts';
import type { LaunchedNode } from '../../../packages/lab/simulation.ts';
import type { ObservedCall } from '../../../packages/local-aws/aws.ts';
import type { PoolRules } from '../../mutations/assembly.ts';
import { cluster, Stage } from '../../mutations/stage.ts';

/** Where a run is cut: right before a call takes effect, or right after. */
export const sides = ['beforeCall', 'afterCall'] as const;
type Side = (typeof sides)[number];

/** Calls of Lambda itself under the role of a function. */
const polling = ['ReceiveMessage', 'DeleteMessageBatch'];

/** A way of a node in which one function is to die. */
export interface Plot {
  /** The construct of the function. */
  readonly construct: string;
  /** What `Stage.set` takes besides the assembly. */
  readonly setting?: Parameters<typeof Stage.set> extends [string, ...infer R] ? R : never;
  /** Strikes calls of other functions as well. */
  readonly strike?: (call: ObservedCall, side: Side, stage: Stage) => 'crash' | undefined;
  /**
   * Plays the way to its end.
   *
   * @param arm from this moment on the function may die
   * @returns what is seen from outside
   */
  readonly play: (stage: Stage, arm: () => void) => Promise<unknown>;
  /** Whether the rest of the way is of no interest: the function may live from there on. */
  readonly over?: (stage: Stage) => boolean;
  /** What has to be seen, wherever the function died. */
  readonly seen: unknown;
}

/** Plays a plot in which the function dies once, at its n-th call. @returns the call; undefined if it made fewer */
async function dieAt(plot: Plot, side: Side, n: number): Promise<string | undefined> {
  const stage = await Stage.set(inject('assembly'), ...(plot.setting ?? []));
  try {
    const role = stage.roleOf(plot.construct);
    let armed = false;
    let calls = 0;
    let died: string | undefined;
    const strikeAt = (where: Side) => (call: ObservedCall) => {
      const { principal, operation } = call;
      if (principal.kind !== 'role' || polling.includes(operation)) return undefined;
      if (principal.roleArn !== role) return plot.strike?.(call, where, stage);
      if (where !== side || !armed || plot.over?.(stage) || ++calls !== n) return undefined;
      died = operation;
      return 'crash' as const;
    };
    stage.world.cloud.faults = { beforeCall: strikeAt('beforeCall'), afterCall: strikeAt('afterCall') };
    const seen = await plot.play(stage, () => {
      armed = true;
    });
    const at = `${died} (${n})`;
    expect({ at, seen, deadLetters: stage.deadLetters() }).toEqual({ at, seen: plot.seen, deadLetters: [] });
    return died;
  } finally {
    await stage.strike();
  }
}

/** Lets the function die at each of its calls, one run a call, until a run has fewer. @returns the calls, in order */
export async function dieEverywhere(plot: () => Plot, side: Side): Promise<readonly string[]> {
  const at: string[] = [];
  for (let n = 1; ; n++) {
    const died = await dieAt(plot(), side, n);
    if (died === undefined) return at;
    at.push(died);
  }
}

/** The different ends of a node that were told: one may be told again, and says the same then. */
export function endsOf(stage: Stage, node: LaunchedNode): readonly string[] {
  const told = stage.world
    .timelineOf(node)
    .flatMap((event) => ('outcome' in event.detail ? [{ type: event['detail-type'], receipt: event.detail }] : []));
  const different = new Map(told.map((end) => [JSON.stringify(end), end]));
  return [...different.values()].map(({ type, receipt }) => `${type}: ${receipt.outcome}`);
}

/** How the commands stand that went to a node. */
export function commandsOf(stage: Stage, node: LaunchedNode): readonly string[] {
  return invocationsOf(stage, node).map(({ status }) => status);
}

/** When the commands ended that went to a node, in milliseconds since the epoch. */
export function endsOfCommands(stage: Stage, node: LaunchedNode): readonly number[] {
  return invocationsOf(stage, node).map(({ endedAt }) => endedAt ?? Number.POSITIVE_INFINITY);
}

function invocationsOf({ world }: Stage, { instanceId }: LaunchedNode) {
  const all = world.services.ssm.commands().flatMap(({ invocations }) => invocations);
  return all.filter((one) => one.instanceId === instanceId);
}

/** The status of a node's executions. */
export function executionsOf({ world }: Stage, { instanceId }: LaunchedNode): readonly string[] {
  const all = world.services.states.executions().filter(({ name }) => name.startsWith(instanceId));
  return all.map(({ status }) => status);
}

/** The breaker of the pool, as the ledger has it. */
export async function breakerOf({
  world,
}: Stage): Promise<{ readonly state: Breaker['state']; readonly failed: number; readonly probed: boolean }> {
  const key = breakerKey({ cluster, pool: '', version: '' }).launchedAt;
  const rows = await world.services.dynamoDb.items(world.cloud.resource('Ledger/Table/Resource').ref);
  const row = rows.find(({ launchedAt }) => launchedAt?.S === key);
  return {
    state: (row?.['state']?.S ?? 'closed') as Breaker['state'],
    failed: row?.['failed']?.SS?.length ?? 0,
    probed: row?.['probe'] !== undefined,
  };
}

/** Rules under which the first failure opens the breaker. */
export const fragile: PoolRules = { breaker: { failures: 1, sharePercent: 1, windowMinutes: 60 } };

import type { Likely } from '../../domain/agents.ts';

/** The longest time until a waiting node is polled again, in seconds. */
const longestWait = 60;

/** The shortest time until a node is polled again that waits for something other than its agent, in seconds. */
const shortestWait = 5;

/**
 * How long before its time is up a node is polled for the last time, in seconds. Later, the answer could come after the
 * state's time-out, and the outcome would not be that the agent is offline.
 */
const lastLook = 20;

/**
 * How many polls per second all waiting nodes share: one DescribeInstanceInformation covers fifty nodes, and AWS
 * throttles it early.
 */
const looksPerSecond = 100;

/** Whether a node may wait and still be polled before its time is up. */
export function mayWait(leftMs: number): boolean {
  return leftMs > (lastLook + shortestWait) * 1_000;
}

/**
 * How long to wait before a node with an offline agent is polled again: seldom until agents of its pool are likely to
 * come online, then often, then seldom again. A pool's history moves a poll by a minute at most.
 *
 * @param ageMs since the launch, in milliseconds
 * @param leftMs until the node's time is up, in milliseconds
 * @param nodes the number of waiting nodes
 * @returns seconds
 */
export function agentWait(ageMs: number, leftMs: number, { from, to, every }: Likely, nodes: number): number {
  const age = ageMs / 1_000;
  const spacing = Math.max(every, Math.ceil(nodes / looksPerSecond));
  // If polls are rare, the first one comes later, when more agents are online.
  const first = Math.min(to, from + spacing - every);
  if (age < first) return within(Math.ceil(first - age), leftMs);
  return within(age < to ? spacing : Math.max(spacing, Math.round((age - to) / 4)), leftMs);
}

/** How long a node waits for something other than its agent, in seconds: a tenth of its age, within limits. */
export function pollDelay(ageMs: number, leftMs: number): number {
  return within(Math.max(shortestWait, Math.round(ageMs / 10_000)), leftMs);
}

/** Limits a wait, in whole seconds, so that it does not pass the last poll. */
function within(wished: number, leftMs: number): number {
  return Math.max(1, Math.min(wished, longestWait, Math.floor(leftMs / 1_000) - lastLook));
}

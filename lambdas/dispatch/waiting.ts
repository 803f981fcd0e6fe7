import type { Likely } from '../../domain/agents.ts';

/** The longest time, in seconds, until a waiting node is looked at again. */
const longestWait = 60;

/** The shortest time until a node is looked at again that waits for something else than its agent, in seconds. */
const shortestWait = 5;

/**
 * How many seconds before its time is up a node is looked at for the last time. Later, the answer could come after the state's own time-out,
 * and no one would learn that it was the agent that never came.
 */
const lastLook = 20;

/** How many looks a second all waiting nodes share: a call of DescribeInstanceInformation looks at fifty, and AWS throttles it early. */
const looksPerSecond = 100;

/** Whether a node may wait and still be looked at before its time is up. */
export function mayWait(leftMs: number): boolean {
  return leftMs > (lastLook + shortestWait) * 1_000;
}

/**
 * How long to wait before a node is looked at again whose agent is not online: seldom until agents of its pool come, then often, and seldom again. What a
 * pool has shown moves looks by a minute at most.
 *
 * @param ageMs since the launch, in milliseconds
 * @param leftMs until the node's time is up, in milliseconds
 * @param nodes how many nodes wait
 * @returns seconds
 */
export function agentWait(ageMs: number, leftMs: number, { from, to, every }: Likely, nodes: number): number {
  const age = ageMs / 1_000;
  const spacing = Math.max(every, Math.ceil(nodes / looksPerSecond));
  // If looks are rare, the first one comes when more agents are online.
  const first = Math.min(to, from + spacing - every);
  if (age < first) return within(Math.ceil(first - age), leftMs);
  return within(age < to ? spacing : Math.max(spacing, Math.round((age - to) / 4)), leftMs);
}

/** How long a node waits for something else than its agent, in seconds: a tenth of its age, within bounds. */
export function pollDelay(ageMs: number, leftMs: number): number {
  return within(Math.max(shortestWait, Math.round(ageMs / 10_000)), leftMs);
}

/** A wait in whole seconds that does not pass the last look. */
function within(wished: number, leftMs: number): number {
  return Math.max(1, Math.min(wished, longestWait, Math.floor(leftMs / 1_000) - lastLook));
}

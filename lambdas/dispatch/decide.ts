import { type Arrivals, likelyArrival } from '../../domain/agents.ts';
import { type Launch, workDeadline } from '../../domain/launch.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { CommandMessage, WaitingLaunch } from '../../domain/messages.ts';
import type { SentVerb } from '../../domain/parameters.ts';
import type { Failure } from '../../domain/receipt.ts';
import { isOlder } from '../../domain/versions.ts';
import { agentWait, mayWait, pollDelay } from './waiting.ts';

/** What SSM says of the agent on an instance. */
export interface Agent {
  /** `Online`, `ConnectionLost` or `Inactive`. */
  readonly ping: string;
  /** ISO 8601. */
  readonly lastPingAt: string;
  readonly version: string;
}

/** What is known of all nodes that wait beside a node. */
export interface Beside {
  /** After how many seconds agents of the node's pool came online. */
  readonly arrivals: Arrivals;
  /** How many nodes wait. */
  readonly nodes: number;
}

/** What to do with one message of the dispatch queue. */
export type DispatchDecision =
  | { readonly step: 'send'; readonly onlineAt: string }
  | { readonly step: 'look'; readonly batchId: string; readonly onlineAt: string }
  | {
      readonly step: 'wait';
      readonly seconds: number;
      readonly because: 'agent-offline' | 'agent-too-old' | 'claimed' | 'unsettled' | 'breaker-open';
    }
  | { readonly step: 'refuse'; readonly failure: Failure }
  | { readonly step: 'drop'; readonly because: 'sent' | 'ended' | 'halted' | 'superseded' | 'deadline' };

/**
 * Finds out which node a message is about, and what it asks for: the row says both. A message without the text that the run drew when it began is
 * none of the state machine's, whatever else it holds.
 *
 * @returns undefined if no run sent the message
 */
export function waitingNodeOf(message: CommandMessage, run: RunRecord | undefined): WaitingLaunch | undefined {
  const { launch: node, request, nonce } = run ?? {};
  if (node === undefined || request === undefined || nonce === undefined || nonce !== message.nonce) return undefined;
  return { launch: node, request, token: message.token, attempt: message.attempt };
}

/** A node that was released is only re-verified: pods run there, and nothing is to change under them. */
export function verbFor({ rerun }: Pick<Launch, 'rerun'>): SentVerb {
  return rerun?.why === 'drifted' ? 'prove' : 'install';
}

/** The first agent that hands parameters to a script by its environment; an older one would paste them into the text. */
const firstSafeAgent = '3.3.2746.0';

/**
 * How long after its launch an instance may have an agent that is too old: what its user data refreshes, and a snap's own restart, take some
 * minutes.
 */
const refreshMs = 300_000;

/**
 * How long a claim without a command belongs to the dispatcher that made it: longer than the function may run, so that two of them
 * never send for the same node.
 */
const claimHeldMs = 90_000;

/**
 * Decides what to do with a node that waits for its command.
 *
 * @param run what the ledger knows of the node
 * @param agent what SSM knows of it; undefined if it knows nothing
 * @param now milliseconds since the epoch
 */
export function decideDispatch(
  message: WaitingLaunch,
  run: RunRecord | undefined,
  agent: Agent | undefined,
  beside: Beside,
  now: number,
): DispatchDecision {
  const { launch: node, token } = message;
  const left = workDeadline(node) - now;
  if (run?.outcome !== undefined) return { step: 'drop', because: 'ended' };
  if (run?.cancelledAt !== undefined) return { step: 'drop', because: 'halted' };
  // A message whose sending failed for all that the state machine knows may be in the queue, and so may be that of the next try.
  if (run?.attempt !== undefined && message.attempt < run.attempt) return { step: 'drop', because: 'superseded' };
  if (run?.token === token && run.commandId !== undefined) return { step: 'drop', because: 'sent' };
  if (run?.token === token && run.settledToken === token) return { step: 'drop', because: 'sent' };
  if (left <= 0) return { step: 'drop', because: 'deadline' };
  const age = now - Date.parse(node.launchedAt);
  const wait = pollDelay(age, left);

  const claimed = run?.token !== undefined && run.commandId === undefined && run.claimedAt !== undefined;
  if (claimed && now - Date.parse(run.claimedAt ?? '') < claimHeldMs)
    return { step: 'wait', seconds: wait, because: 'claimed' };
  const running = run?.token !== undefined && run.token !== token && run.settledToken !== run.token;
  if (running && run.commandId !== undefined) return { step: 'wait', seconds: wait, because: 'unsettled' };

  if (agent === undefined || !onlineSince(agent, node.launchedAt)) {
    const seconds = agentWait(age, left, likelyArrival(beside.arrivals), beside.nodes);
    if (mayWait(left)) return { step: 'wait', seconds, because: 'agent-offline' };
    return { step: 'refuse', failure: { outcome: 'agent-offline', detail: agentSeen(agent, node.launchedAt) } };
  }
  if (isOlder(agent.version, firstSafeAgent)) {
    if (age < refreshMs && mayWait(left)) return { step: 'wait', seconds: wait, because: 'agent-too-old' };
    const detail = `the agent is ${agent.version}; ${firstSafeAgent} or newer is needed`;
    return { step: 'refuse', failure: { outcome: 'agent-too-old', detail } };
  }
  if (claimed && run.batchId !== undefined) return { step: 'look', batchId: run.batchId, onlineAt: agent.lastPingAt };
  return { step: 'send', onlineAt: agent.lastPingAt };
}

/**
 * Decides what to do with a node that could be sent a command while the breaker of its pool and version is open and another node is tried.
 *
 * @param now milliseconds since the epoch
 */
export function waitForProbe(
  { launch: node }: WaitingLaunch,
  now: number,
): Extract<DispatchDecision, { step: 'wait' | 'refuse' }> {
  const left = workDeadline(node) - now;
  if (mayWait(left)) {
    const seconds = pollDelay(now - Date.parse(node.launchedAt), left);
    return { step: 'wait', seconds, because: 'breaker-open' };
  }
  const detail = `no node of the pool ${node.pool} was released in the time that it had`;
  return { step: 'refuse', failure: { outcome: 'breaker-open', detail } };
}

/** A ping from before the launch is the ping of an earlier launch of the same instance. */
function onlineSince(agent: Agent, launchedAt: string): boolean {
  return agent.ping === 'Online' && Date.parse(agent.lastPingAt) >= Date.parse(launchedAt);
}

function agentSeen(agent: Agent | undefined, launchedAt: string): string {
  if (agent === undefined) return `SSM has not heard of the instance since its launch at ${launchedAt}`;
  return `the agent is ${agent.ping}, last seen at ${agent.lastPingAt}, launched at ${launchedAt}`;
}

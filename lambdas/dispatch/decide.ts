import { type Arrivals, firstSafeAgent, likelyArrival } from '../../domain/agents.ts';
import { isReverification, type Launch, workDeadline } from '../../domain/launch.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { CommandMessage, WaitingLaunch } from '../../domain/messages.ts';
import type { SentVerb } from '../../domain/parameters.ts';
import type { Failure } from '../../domain/receipt.ts';
import { type Versions, versionRefusal } from '../../domain/tags.ts';
import { isOlder } from '../../domain/versions.ts';
import { agentWait, mayWait, pollDelay } from './waiting.ts';

/** The agent on an instance, as SSM reports it. */
export interface Agent {
  /** `Online`, `ConnectionLost` or `Inactive`. */
  readonly ping: string;
  /** ISO 8601. */
  readonly lastPingAt: string;
  readonly version: string;
}

/** What is known about all waiting nodes. */
export interface WaitingContext {
  /** The agent history of the node's pool. */
  readonly arrivals: Arrivals;
  /** The number of waiting nodes. */
  readonly nodes: number;
  /** Why nodes may not get the version any more; undefined if they may. */
  readonly refusal: Failure | undefined;
}

/** What to do with one message of the dispatch queue. */
export type DispatchDecision =
  | { readonly step: 'send'; readonly onlineAt: string }
  | { readonly step: 'look'; readonly batchId: string; readonly onlineAt: string }
  /** Its command did its work, and the event of its sending may be missing: only that is left. */
  | { readonly step: 'publish'; readonly batchId: string; readonly onlineAt: string }
  | {
      readonly step: 'wait';
      readonly seconds: number;
      readonly because: 'agent-offline' | 'agent-too-old' | 'claimed' | 'unsettled' | 'breaker-open';
    }
  | { readonly step: 'refuse'; readonly failure: Failure }
  | { readonly step: 'drop'; readonly because: 'sent' | 'ended' | 'cancelled' | 'superseded' | 'deadline' };

/**
 * Finds the launch and the request of a message, both from the run record. A message without the run's random text does
 * not come from the state machine, whatever else it contains.
 *
 * @returns undefined if no run sent the message
 */
export function waitingNodeOf(message: CommandMessage, run: RunRecord | undefined): WaitingLaunch | undefined {
  const { launch, request, nonce } = run ?? {};
  if (launch === undefined || request === undefined || nonce === undefined || nonce !== message.nonce) return undefined;
  return { launch, request, token: message.token, attempt: message.attempt };
}

/**
 * Why a node may not get its version any more, or a new proof of it: a deployment since its admission withdrew it. A
 * node that drifted is open, and is verified again all the same.
 *
 * @param versions the configured versions
 */
export function refusalNow({ launch, request }: WaitingLaunch, versions: Versions): Failure | undefined {
  return launch.rerun?.why === 'drifted' ? undefined : versionRefusal(request, versions);
}

/** A released node is only re-verified: pods run there, and nothing may change under them. */
export function verbFor(launch: Pick<Launch, 'rerun'>): SentVerb {
  return isReverification(launch) ? 'prove' : 'install';
}

/**
 * How long after its launch an instance may have an old agent, in milliseconds: a refresh by user data and the restart
 * of a snap take some minutes.
 */
const refreshMs = 300_000;

/**
 * How long a claim without a command belongs to the call that made it, in milliseconds: longer than the function may
 * run, so that two calls never send for the same node.
 */
const claimHeldMs = 90_000;

/**
 * Decides what to do with a node that waits for its command.
 *
 * @param run the run record
 * @param agent the node's agent; undefined if SSM does not know it
 * @param now milliseconds since the epoch
 */
export function decideDispatch(
  message: WaitingLaunch,
  run: RunRecord | undefined,
  agent: Agent | undefined,
  context: WaitingContext,
  now: number,
): DispatchDecision {
  const { launch, token } = message;
  const left = workDeadline(launch) - now;
  const isSettled = run?.token === token && run.settledToken === token;
  if (run?.outcome !== undefined || isSettled) {
    const { batchId, claimedAt, commandId, onlineAt = launch.launchedAt } = run ?? {};
    const isUnpublished = run?.token === token && claimedAt !== undefined && commandId === undefined;
    if (isUnpublished && batchId !== undefined) return { step: 'publish', batchId, onlineAt };
    return { step: 'drop', because: isSettled ? 'sent' : 'ended' };
  }
  if (run?.cancelledAt !== undefined) return { step: 'drop', because: 'cancelled' };
  // The queue may contain a message whose sending seemed to fail, together with the message of the next attempt.
  if (run?.attempt !== undefined && message.attempt < run.attempt) return { step: 'drop', because: 'superseded' };
  if (run?.token === token && run.commandId !== undefined) return { step: 'drop', because: 'sent' };
  if (left <= 0) return { step: 'drop', because: 'deadline' };
  const age = now - Date.parse(launch.launchedAt);
  const wait = pollDelay(age, left);

  const claimed = run?.token !== undefined && run.commandId === undefined && run.claimedAt !== undefined;
  if (claimed && now - Date.parse(run.claimedAt ?? '') < claimHeldMs)
    return { step: 'wait', seconds: wait, because: 'claimed' };
  const running = run?.token !== undefined && run.token !== token && run.settledToken !== run.token;
  if (running && run.commandId !== undefined) return { step: 'wait', seconds: wait, because: 'unsettled' };

  // A claim of before may have sent its command: that is looked for, and its end awaited.
  if (context.refusal !== undefined && !claimed) return { step: 'refuse', failure: context.refusal };
  if (agent === undefined || !onlineSince(agent, launch.launchedAt)) {
    const seconds = agentWait(age, left, likelyArrival(context.arrivals), context.nodes);
    if (mayWait(left)) return { step: 'wait', seconds, because: 'agent-offline' };
    return { step: 'refuse', failure: { outcome: 'agent-offline', detail: agentSeen(agent, launch.launchedAt) } };
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
 * Decides what to do with a node that is ready for its command while the breaker for its pool and version is open and
 * another node is the probe.
 *
 * @param now milliseconds since the epoch
 */
export function waitForProbe(
  { launch }: WaitingLaunch,
  now: number,
): Extract<DispatchDecision, { step: 'wait' | 'refuse' }> {
  const left = workDeadline(launch) - now;
  if (mayWait(left)) {
    const seconds = pollDelay(now - Date.parse(launch.launchedAt), left);
    return { step: 'wait', seconds, because: 'breaker-open' };
  }
  const detail = `no node of the pool ${launch.pool} was released before its deadline`;
  return { step: 'refuse', failure: { outcome: 'breaker-open', detail } };
}

/** A ping from before the launch belongs to an earlier launch of the same instance. */
function onlineSince(agent: Agent, launchedAt: string): boolean {
  return agent.ping === 'Online' && Date.parse(agent.lastPingAt) >= Date.parse(launchedAt);
}

function agentSeen(agent: Agent | undefined, launchedAt: string): string {
  if (agent === undefined) return `SSM has no agent for the instance since its launch at ${launchedAt}`;
  return `the agent is ${agent.ping}, last seen at ${agent.lastPingAt}, launched at ${launchedAt}`;
}

import * as v from 'valibot';
import { workDeadline } from '../../domain/launch.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { type ClusterMessage, ClusterMessageSchema, type TimedCall } from '../../domain/messages.ts';
import type { Failure } from '../../domain/receipt.ts';
import type { ReceivedMessage } from '../adapters/queue.ts';
import { authorize } from './authorize.ts';

/** A parsed message from a cluster's queue. */
export interface Received {
  readonly record: ReceivedMessage;
  readonly message: ClusterMessage;
}

/** A call for one run, and the messages that request it: a state that is retried sends another one. */
export interface RequestedCall {
  readonly asked: TimedCall;
  readonly by: readonly [Received, ...Received[]];
}

/** The messages of a batch, sorted by what their run records allow. */
export interface Sorted {
  readonly wanted: readonly RequestedCall[];
  /** Messages of known runs whose record does not allow the action. */
  readonly refused: readonly (Received & { readonly failure: Failure })[];
  /** Messages that no known run sent. */
  readonly foreign: readonly Received[];
}

/** Parses a record; undefined if it is not a valid message. */
export function readMessage(record: ReceivedMessage): Received | undefined {
  try {
    return { record, message: v.parse(ClusterMessageSchema, JSON.parse(record.body)) };
  } catch {
    return undefined;
  }
}

/**
 * Sorts messages by what their run records allow. A message without the run's random text does not come from the state
 * machine, whatever else it contains.
 *
 * @param cluster the cluster of the function
 * @param now milliseconds since the epoch
 */
export function sortMessages(
  received: readonly Received[],
  runs: ReadonlyMap<string, RunRecord>,
  cluster: string,
  now: number,
): Sorted {
  const wanted = new Map<string, RequestedCall>();
  const refused: (Received & { failure: Failure })[] = [];
  const foreign: Received[] = [];
  for (const one of received) {
    const { action, key, nonce } = one.message;
    const run = runs.get(runId(key));
    if (run?.nonce === undefined || run.nonce !== nonce) {
      foreign.push(one);
      continue;
    }
    const name = `${action} ${runId(key)}`;
    const same = wanted.get(name);
    const found = authorize(action, run, cluster);
    if (same !== undefined) wanted.set(name, { ...same, by: [...same.by, one] });
    else if ('call' in found) wanted.set(name, { asked: { call: found.call, askedAt: sentAt(one, now) }, by: [one] });
    else if ('failure' in found) refused.push({ ...one, failure: found.failure });
    else {
      const detail = `refused: ${action} of ${key.instanceId} launched at ${key.launchedAt}: ${found.refused}`;
      refused.push({ ...one, failure: { outcome: 'internal-error', detail } });
    }
  }
  return { wanted: [...wanted.values()], refused, foreign };
}

/**
 * When a message was sent, in milliseconds since the epoch, according to SQS. Its clock may differ from the function's.
 */
function sentAt({ record }: Received, now: number): number {
  const sent = Number(record.attributes.SentTimestamp);
  return sent > 0 ? Math.min(sent, now) : now;
}

/** The shortest and longest time until a waiting node is polled again, in seconds. */
const shortest = 3;
const longest = 30;
/**
 * How long before a node's time is up it is polled for the last time, in seconds: the answer must arrive before the
 * state's time-out.
 */
const lastLook = 20;

/**
 * How long a node waits before it is polled again, in seconds: a tenth of the time that it has waited, within limits,
 * and never past the last poll.
 *
 * @param afterMs the minimum wait, in milliseconds; 0 if what it waits for is likely to happen any moment
 * @param now milliseconds since the epoch
 */
export function waitSeconds({ call, askedAt }: TimedCall, afterMs: number, now: number): number {
  const until = call.action === 'quarantine' ? Date.parse(call.launch.deadline) : workDeadline(call.launch);
  const patient = Math.max(shortest, Math.round((now - askedAt) / 10_000), Math.ceil(afterMs / 1_000));
  const wished = afterMs === 0 ? 0 : Math.min(longest, patient);
  return Math.min(wished, Math.max(1, Math.floor((until - now) / 1_000) - lastLook));
}

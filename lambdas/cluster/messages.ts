import * as v from 'valibot';
import { workDeadline } from '../../domain/launch.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { type Asked, type ClusterMessage, ClusterMessageSchema } from '../../domain/messages.ts';
import type { ReceivedMessage } from '../adapters/queue.ts';
import { authorize } from './authorize.ts';

/** A message of the queue of a cluster, as it was read. */
export interface Received {
  readonly record: ReceivedMessage;
  readonly message: ClusterMessage;
}

/** What is to be done about one row, and the messages that ask for it: a state that is tried again sends another one. */
export interface RequestedCall {
  readonly asked: Asked;
  readonly by: readonly [Received, ...Received[]];
}

/** What a batch of messages asks for. */
export interface Sorted {
  readonly wanted: readonly RequestedCall[];
  /** Messages of runs that the ledger knows, which ask for what their row does not say. */
  readonly refused: readonly (Received & { readonly because: string })[];
  /** Messages that no run of the ledger sent. */
  readonly foreign: readonly Received[];
}

/** Reads a record; undefined if it is no message. */
export function readMessage(record: ReceivedMessage): Received | undefined {
  try {
    return { record, message: v.parse(ClusterMessageSchema, JSON.parse(record.body)) };
  } catch {
    return undefined;
  }
}

/**
 * Sorts messages by what their rows allow. A message without the text that the run drew is none of the state machine's, whatever else it holds.
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
  const refused: (Received & { because: string })[] = [];
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
    else refused.push({ ...one, because: found.refused });
  }
  return { wanted: [...wanted.values()], refused, foreign };
}

/** When a message was sent, in milliseconds since the epoch: SQS says so, and its clock is not ours. */
function sentAt({ record }: Received, now: number): number {
  const sent = Number(record.attributes.SentTimestamp);
  return sent > 0 ? Math.min(sent, now) : now;
}

/** The shortest and the longest time until a node is looked at again that waits for what is not likely to come any moment, in seconds. */
const shortest = 3;
const longest = 30;
/** How many seconds before a node's time is up it is looked at for the last time: the answer has to come before the state's own time-out. */
const lastLook = 20;

/**
 * How long a node waits before it is looked at again, in seconds: a tenth of the time that it has waited, within bounds, and never past the last look.
 *
 * @param afterMs how long it has to wait at least, in milliseconds; 0 if what it waits for is likely to come any moment
 * @param now milliseconds since the epoch
 */
export function waitSeconds({ call, askedAt }: Asked, afterMs: number, now: number): number {
  const until = call.action === 'quarantine' ? Date.parse(call.launch.deadline) : workDeadline(call.launch);
  const patient = Math.max(shortest, Math.round((now - askedAt) / 10_000), Math.ceil(afterMs / 1_000));
  const wished = afterMs === 0 ? 0 : Math.min(longest, patient);
  return Math.min(wished, Math.max(1, Math.floor((until - now) / 1_000) - lastLook));
}

import * as v from 'valibot';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { type CommandMessage, CommandMessageSchema, type WaitingLaunch } from '../../domain/messages.ts';
import { rowsOf } from '../adapters/ledger.ts';
import type { ReceivedMessage } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { waitingNodeOf } from './decide.ts';

/** A node that waits for its command, and the message that says so. */
export interface Waiting {
  readonly record: ReceivedMessage;
  readonly message: WaitingLaunch;
}

/** Nodes that wait, and the rows of their runs by name. */
export interface WaitingNodes {
  readonly waiting: readonly Waiting[];
  readonly runs: ReadonlyMap<string, RunRecord>;
}

/** Reads which nodes messages are about. One that cannot be read, or that no run sent, is counted and dropped. */
export async function readWaiting(records: readonly ReceivedMessage[]): Promise<WaitingNodes> {
  const messages = records.flatMap(readMessage);
  if (messages.length === 0) return { waiting: [], runs: new Map() };
  const runs = await rowsOf(messages.map(({ message }) => message.key));
  const waiting = messages.flatMap(({ record, message }) => {
    const found = waitingNodeOf(message, runs.get(runId(message.key)));
    if (found !== undefined) return [{ record, message: found }];
    logger.warn('a message in the dispatch queue is none of a run that the ledger knows', { key: message.key });
    return [];
  });
  count('MessageRefused', messages.length - waiting.length);
  return { waiting, runs };
}

function readMessage(record: ReceivedMessage): { record: ReceivedMessage; message: CommandMessage }[] {
  try {
    return [{ record, message: v.parse(CommandMessageSchema, JSON.parse(record.body)) }];
  } catch (error) {
    logger.error('a message in the dispatch queue is unreadable', {
      messageId: record.messageId,
      error: error as Error,
    });
    count('EventUnreadable', 1);
    return [];
  }
}

import * as v from 'valibot';
import type { Checksums } from '../../domain/catalogue.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { type CommandMessage, CommandMessageSchema, type WaitingLaunch } from '../../domain/messages.ts';
import type { SentVerb } from '../../domain/parameters.ts';
import { readRuns } from '../adapters/ledger.ts';
import type { ReceivedMessage } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { waitingNodeOf } from './decide.ts';

/** A launch that waits for its command, and its message. */
export interface Waiting {
  readonly record: ReceivedMessage;
  readonly message: WaitingLaunch;
}

/** A waiting launch with the content of its command. */
export interface ReadyLaunch extends Waiting {
  readonly onlineAt: string;
  readonly verb: SentVerb;
  readonly parameters: Readonly<Record<string, string>>;
  readonly document: string;
  readonly documentHash: string;
  /** The checksums that the document pins for the version, by architecture. */
  readonly checksums: Checksums;
}

/** Launches that wait, and their run records by {@link runId}. */
export interface WaitingNodes {
  readonly waiting: readonly Waiting[];
  readonly runs: ReadonlyMap<string, RunRecord>;
}

/**
 * Reads the launches that messages are about. A message that is unreadable or that no run sent is counted and dropped.
 */
export async function readWaiting(records: readonly ReceivedMessage[]): Promise<WaitingNodes> {
  const messages = records.flatMap(readMessage);
  if (messages.length === 0) return { waiting: [], runs: new Map() };
  const runs = await readRuns(messages.map(({ message }) => message.key));
  const waiting = messages.flatMap(({ record, message }) => {
    const found = waitingNodeOf(message, runs.get(runId(message.key)));
    if (found !== undefined) return [{ record, message: found }];
    logger.warn('a message in the dispatch queue does not belong to a known run', { key: message.key });
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

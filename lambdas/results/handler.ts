import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type CommandEnd, readCommandEnd } from '../../domain/events.ts';
import { hasEnded } from '../../domain/invocation-status.ts';
import { workOnBatch } from '../adapters/batches.ts';
import { invocationsOf } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { listRuns } from '../adapters/ledger.ts';
import { deferAll, type ReceivedMessage } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { settleNode } from './settle-node.ts';

const queueUrl = variable('QUEUE');

/** How long a result waits that is not visible in SSM or the ledger yet, in seconds. */
const notVisibleYet = 5;

/** The largest batch: two commands with the maximum number of instances each. */
const largestBatch = 100;

interface Ended {
  readonly record: ReceivedMessage;
  readonly end: CommandEnd;
}

/**
 * Receives ended commands from the queue, reads each command's status on all its instances from SSM, and answers the
 * waiting states. A result that SSM does not show yet stays in the queue.
 */
export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return workOnBatch(queueUrl, event, { atMost: largestBatch, waitSeconds: 0 }, settle);
}

async function settle(records: readonly ReceivedMessage[]): Promise<readonly SQSBatchItemFailure[]> {
  const ended: Ended[] = [];
  for (const record of records) {
    const end = readCommandEnd(record.body);
    if (end) ended.push({ record, end });
    else
      logger.warn('an event in the results queue is not the end of a command', { body: record.body.slice(0, 1_000) });
  }
  count('EventUnreadable', records.length - ended.length);
  const failures: SQSBatchItemFailure[] = [];
  for (const commandId of new Set(ended.map(({ end }) => end.commandId))) {
    const ofCommand = ended.filter(({ end }) => end.commandId === commandId);
    failures.push(...(await settleCommand(commandId, ofCommand).catch((error: unknown) => left(ofCommand, error))));
  }
  return failures;
}

/** A failure with one command or node does not block the others. */
function left(ended: readonly Ended[], error: unknown): SQSBatchItemFailure[] {
  logger.error('a command could not be settled', { commandId: ended[0]?.end.commandId, error: error as Error });
  return ended.map(({ record }) => ({ itemIdentifier: record.messageId }));
}

async function settleCommand(commandId: string, ended: readonly Ended[]): Promise<SQSBatchItemFailure[]> {
  const invocations = new Map((await invocationsOf(commandId)).map((one) => [one.instanceId, one]));
  const answered = new Set<string>();
  const early: ReceivedMessage[] = [];
  const unsettled: SQSBatchItemFailure[] = [];
  await Promise.all(
    ended.map(async ({ record, end }) => {
      const invocation = invocations.get(end.instanceId);
      if (invocation === undefined || !hasEnded(invocation)) {
        early.push(record);
      } else if (!answered.has(end.instanceId)) {
        answered.add(end.instanceId);
        try {
          await settleNode(await listRuns(end.instanceId), commandId, invocation);
        } catch (error) {
          unsettled.push(...left([{ record, end }], error));
        }
      }
    }),
  );
  const deferred = await deferAll(
    queueUrl,
    early.map((record) => ({ record, seconds: notVisibleYet })),
  );
  return [...deferred, ...unsettled];
}

import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type CommandEnd, readCommandEnd } from '../../domain/events.ts';
import { hasEnded } from '../../domain/standing.ts';
import { invocationsOf } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { launchesOf } from '../adapters/ledger.ts';
import { putBack } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';

import { settleNode } from './settle-node.ts';

const queueUrl = variable('RESULTS_QUEUE');

/** How long a result waits that SSM or the ledger does not show yet, in seconds. */
const notShownYet = 5;

interface Ended {
  readonly record: SQSRecord;
  readonly end: CommandEnd;
}

/**
 * Takes ended commands out of the queue, asks SSM once for each command how it stands on all of its instances, and answers the states
 * that wait. A result that SSM does not show yet stays in the queue.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const ended: Ended[] = [];
  for (const record of event.Records) {
    const end = readCommandEnd(record.body);
    if (end) ended.push({ record, end });
    else logger.warn('an event in the results queue is no end of a command', { body: record.body.slice(0, 1_000) });
  }
  count('EventUnreadable', event.Records.length - ended.length);
  const failures: SQSBatchItemFailure[] = [];
  for (const commandId of new Set(ended.map(({ end }) => end.commandId))) {
    const ofCommand = ended.filter(({ end }) => end.commandId === commandId);
    failures.push(...(await settleCommand(commandId, ofCommand).catch((error: unknown) => left(ofCommand, error))));
  }
  return { batchItemFailures: failures };
}

/** What went wrong for one command keeps no other from being settled. */
function left(ended: readonly Ended[], error: unknown): SQSBatchItemFailure[] {
  logger.error('a command could not be settled', { commandId: ended[0]?.end.commandId, error: error as Error });
  return ended.map(({ record }) => ({ itemIdentifier: record.messageId }));
}

async function settleCommand(commandId: string, ended: readonly Ended[]): Promise<SQSBatchItemFailure[]> {
  const standings = new Map((await invocationsOf(commandId)).map((one) => [one.instanceId, one]));
  const answered = new Set<string>();
  const failures = await Promise.all(
    ended.map(async ({ record, end }) => {
      const standing = standings.get(end.instanceId);
      if (standing === undefined || !hasEnded(standing)) return [await putBack(queueUrl, record, notShownYet)];
      if (answered.has(end.instanceId)) return [];
      answered.add(end.instanceId);
      await settleNode(await launchesOf(end.instanceId), commandId, standing);
      return [];
    }),
  );
  return failures.flat();
}

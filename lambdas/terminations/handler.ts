import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { scopeOf } from '../../domain/breaker.ts';
import { type Departure, readDeparture } from '../../domain/events.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { workOnBatch } from '../adapters/batches.ts';
import { dropProbe } from '../adapters/breakers.ts';
import { publish } from '../adapters/bus.ts';
import { cancelCommand } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { stop } from '../adapters/executions.ts';
import { instancesOf } from '../adapters/instances.ts';
import { listRuns, recordAdmitted, recordPublished, recordTermination } from '../adapters/ledger.ts';
import { deferAll, type ReceivedMessage } from '../adapters/queue.ts';
import { count, countEnd, logger } from '../adapters/telemetry.ts';
import { decideTermination, isOver, type Shown, type TerminationDecision, writer } from './decide.ts';

const stateMachine = variable('STATE_MACHINE');
const queueUrl = variable('QUEUE');

/** How long to wait for a row that `admission` is about to write, in seconds. */
const admittedSoon = 5;

/** The largest batch: each instance is one Query, and one DescribeInstances takes them all. */
const largestBatch = 100;

interface Departing {
  readonly record: ReceivedMessage;
  readonly departure: Departure;
}

/**
 * Takes instances that are said to go away out of the queue, and ends the way of those that EC2 shows as gone. An instance that is none of ours has
 * no row in the ledger, and costs one look into it.
 */
export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return workOnBatch(queueUrl, event, { atMost: largestBatch, waitSeconds: 0 }, departAll);
}

async function departAll(records: readonly ReceivedMessage[]): Promise<readonly SQSBatchItemFailure[]> {
  const departing = records.flatMap((record): Departing[] => {
    const departure = readDeparture(record.body);
    if (departure !== undefined) return [{ record, departure }];
    count('EventUnreadable', 1);
    logger.warn('an event in the terminations queue names no termination', { body: record.body.slice(0, 1_000) });
    return [];
  });
  const ids = [...new Set(departing.map(({ departure }) => departure.instanceId))];
  const runs = new Map(await Promise.all(ids.map(async (id) => [id, await listRuns(id)] as const)));
  const open = ids.filter((id) => runs.get(id)?.some((run) => !isOver(run)));
  const instances = new Map(
    (open.length === 0 ? [] : await instancesOf(open)).map((instance) => [instance.instanceId, instance]),
  );
  const failures = await Promise.all(
    departing.map((one) => {
      const { instanceId } = one.departure;
      return depart(one, runs.get(instanceId) ?? [], instances.get(instanceId));
    }),
  );
  return failures.flat();
}

async function depart(
  { record, departure }: Departing,
  runs: readonly RunRecord[],
  instance: Shown | undefined,
): Promise<SQSBatchItemFailure[]> {
  try {
    let waits = false;
    for (const run of runs) {
      const decided = decideTermination(departure, run, instance, new Date().toISOString());
      logger.debug('decided', { instanceId: run.instanceId, decided });
      if (decided.step === 'end') await end(run, decided);
      if (decided.step === 'tell') await publishAdmission(run);
      waits ||= decided.step === 'wait';
    }
    return waits ? deferAll(queueUrl, [{ record, seconds: admittedSoon }]) : [];
  } catch (error) {
    logger.error('a departure could not be processed', { departure, error: error as Error });
    return [{ itemIdentifier: record.messageId }];
  }
}

/**
 * Writes first, so that no one else can end the node in another way; then cancels, stops, makes room for another probe, and tells. The end counts as told last: a function
 * that dies before that does the rest again, and each of these may be done twice.
 */
async function end(run: RunRecord, { receipt, cancel }: Extract<TerminationDecision, { step: 'end' }>): Promise<void> {
  const mine = run.endedBy === writer || (await recordTermination(run, receipt, writer));
  if (!mine) return;
  if (cancel !== undefined) await cancelCommand(cancel, run.instanceId);
  if (run.execution !== undefined) await stop(stateMachine, run.execution, receipt);
  await dropProbe(scopeOf(run, run.request), runId(run));
  await publishAdmission(run);
  await publish([
    { type: run.launch?.rerun?.released ? 'Reverification Failed' : 'Launch Discarded', detail: receipt },
  ]);
  await recordPublished(run, new Date().toISOString());
  countEnd(receipt, run.request?.runtime ?? 'unknown');
}

/** Tells of an admission whose call died before it could. */
async function publishAdmission(run: RunRecord): Promise<void> {
  const { admittedAt, launch: node, request, execution = '' } = run;
  if (admittedAt !== undefined || node === undefined) return;
  await publish([
    { type: 'Node Admitted', detail: { launch: node, ...(request === undefined ? {} : { request }), execution } },
  ]);
  await recordAdmitted(run, new Date().toISOString());
}

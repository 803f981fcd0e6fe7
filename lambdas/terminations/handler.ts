import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { scopeOf } from '../../domain/breaker.ts';
import { readTermination, type Termination } from '../../domain/events.ts';
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
import { count, emitEnd, logger } from '../adapters/telemetry.ts';
import { admissionEvent } from '../admission/event.ts';
import { decideTermination, type InstanceStatus, isOver, type TerminationDecision, writer } from './decide.ts';
import { endEvent } from './event.ts';

const stateMachine = variable('STATE_MACHINE');
const queueUrl = variable('QUEUE');

/** How long to wait for a record that `admission` is about to write, in seconds. */
const admittedSoon = 5;

/** The largest batch: each instance needs one Query, and all together one DescribeInstances. */
const largestBatch = 100;

interface Received {
  readonly record: ReceivedMessage;
  readonly termination: Termination;
}

/**
 * Receives instances that are reported to go away from the queue, and ends the runs of those that EC2 shows as gone. An
 * instance that Airlock does not manage has no run record and costs one Query.
 */
export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return workOnBatch(queueUrl, event, { atMost: largestBatch, waitSeconds: 0 }, endAll);
}

async function endAll(records: readonly ReceivedMessage[]): Promise<readonly SQSBatchItemFailure[]> {
  const received = records.flatMap((record): Received[] => {
    const termination = readTermination(record.body);
    if (termination !== undefined) return [{ record, termination }];
    count('EventUnreadable', 1);
    logger.warn('an event in the terminations queue is not a termination', { body: record.body.slice(0, 1_000) });
    return [];
  });
  const ids = [...new Set(received.map(({ termination }) => termination.instanceId))];
  const runs = new Map(await Promise.all(ids.map(async (id) => [id, await listRuns(id)] as const)));
  const open = ids.filter((id) => runs.get(id)?.some((run) => !isOver(run)));
  const instances = new Map(
    (open.length === 0 ? [] : await instancesOf(open)).map((instance) => [instance.instanceId, instance]),
  );
  const failures = await Promise.all(
    received.map((one) => {
      const { instanceId } = one.termination;
      return endRuns(one, runs.get(instanceId) ?? [], instances.get(instanceId));
    }),
  );
  return failures.flat();
}

async function endRuns(
  { record, termination }: Received,
  runs: readonly RunRecord[],
  instance: InstanceStatus | undefined,
): Promise<SQSBatchItemFailure[]> {
  try {
    let waits = false;
    for (const run of runs) {
      const decided = decideTermination(termination, run, instance, new Date().toISOString());
      logger.debug('decided', { instanceId: run.instanceId, decided });
      if (decided.step === 'end') await end(run, decided);
      if (decided.step === 'publish') await publishAdmission(run);
      waits ||= decided.step === 'wait';
    }
    return waits ? deferAll(queueUrl, [{ record, seconds: admittedSoon }]) : [];
  } catch (error) {
    logger.error('a termination could not be handled', { termination, error: error as Error });
    return [{ itemIdentifier: record.messageId }];
  }
}

/**
 * Writes the end first, so that nothing else can end the run differently. Then it cancels the command, stops the
 * execution, ends its time as the probe and publishes the end, and last records that. A call that repeats an
 * interrupted one does the rest again; each step may be done twice.
 */
async function end(run: RunRecord, { receipt, cancel }: Extract<TerminationDecision, { step: 'end' }>): Promise<void> {
  const mine = run.endedBy === writer || (await recordTermination(run, receipt, writer));
  if (!mine) return;
  if (cancel !== undefined) await cancelCommand(cancel, run.instanceId);
  if (run.execution !== undefined) await stop(stateMachine, run.execution, receipt);
  await dropProbe(scopeOf(run, run.request), runId(run));
  await publishAdmission(run);
  if (run.launch !== undefined) await publish([endEvent(run.launch, receipt)]);
  await recordPublished(run, new Date().toISOString());
  emitEnd(receipt);
}

/** Publishes an admission whose call died before it could. */
async function publishAdmission(run: RunRecord): Promise<void> {
  const { admittedAt, launch, request, refused, execution = '' } = run;
  if (admittedAt !== undefined || launch === undefined) return;
  const at = new Date().toISOString();
  const asked = { ...(request === undefined ? {} : { request }), ...(refused === undefined ? {} : { refused }) };
  await publish([admissionEvent({ launch, ...asked }, execution, at)]);
  await recordAdmitted(run, at);
}

import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type EventDraft, type LaunchEvent, readLaunchEvent } from '../../domain/events.ts';
import { runId } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { workOnBatch } from '../adapters/batches.ts';
import { tryPublish } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { instancesOf } from '../adapters/instances.ts';
import { type Deferral, deferAll, type ReceivedMessage } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { admitAll } from './admit-all.ts';
import { classifyLaunch, isNode, isStale } from './decide.ts';
import { ignoredEvent } from './event.ts';

const config = variable('ADMISSIBLE');
const queueUrl = variable('QUEUE');

/**
 * How long a launch waits that DescribeInstances does not show yet, in seconds. EC2 is eventually consistent, usually
 * within a few seconds.
 */
const notVisibleYet = 8;

/** The largest batch: DescribeInstances accepts more, but the executions must start within the function's time. */
const largestBatch = 100;

/**
 * Receives launches from the queue, reads their instances with one call, and starts one execution per managed instance.
 * A launch that cannot be admitted yet stays in the queue. The others in its batch go on.
 */
export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return workOnBatch(queueUrl, event, { atMost: largestBatch, waitSeconds: 0 }, admit);
}

async function admit(records: readonly ReceivedMessage[]): Promise<readonly SQSBatchItemFailure[]> {
  const launches: { record: ReceivedMessage; event: LaunchEvent }[] = [];
  let unreadable = 0;
  for (const record of records) {
    const event = readLaunchEvent(record.body);
    if (event) {
      launches.push({ record, event });
    } else {
      unreadable++;
      logger.warn('an event in the admission queue is not a launch', { body: record.body.slice(0, 1_000) });
    }
  }
  count('EventUnreadable', unreadable);
  if (launches.length === 0) return [];

  const ids = [...new Set(launches.map(({ event: launch }) => launch.instanceId))];
  const instances = new Map((await instancesOf(ids)).map((instance) => [instance.instanceId, instance]));
  const deferrals: Deferral[] = [];
  const ours: { record: ReceivedMessage; admission: Admission }[] = [];
  const ignored: Ignored[] = [];
  let foreign = 0;
  const now = Date.now();
  for (const { record, event: launch } of launches) {
    const instance = instances.get(launch.instanceId);
    const decision = classifyLaunch(launch, instance, config, now);
    if (decision.step === 'not-yet') {
      deferrals.push({ record, seconds: notVisibleYet });
    } else if (decision.step === 'not-ours' || instance === undefined) {
      foreign++;
    } else {
      const { admission } = decision;
      const stranger = isNode(instance, admission.launch, config)
        ? undefined
        : 'it does not have the instance profile of a node';
      const because = stranger ?? (isStale(admission.launch, now) ? 'its launch is too long ago' : undefined);
      if (because === undefined) ours.push({ record, admission });
      else {
        logger.warn('a tagged instance was not admitted', { instanceId: launch.instanceId, because });
        ignored.push({ record, event: ignoredEvent(admission, because, new Date(now).toISOString()) });
        foreign++;
      }
    }
  }
  count('NotOurs', foreign);
  const left = new Set(await admitAll(ours.map(({ admission }) => admission)));
  const notAdmitted = ours.filter(({ admission }) => left.has(runId(admission.launch)));
  const unpublished = (await tryPublish(ignored.map(({ event: draft }) => draft))) ? [] : ignored;
  return [
    ...(await deferAll(queueUrl, deferrals)),
    ...[...notAdmitted, ...unpublished].map(({ record: { messageId } }) => ({
      itemIdentifier: messageId,
    })),
  ];
}

interface Ignored {
  readonly record: ReceivedMessage;
  readonly event: EventDraft;
}

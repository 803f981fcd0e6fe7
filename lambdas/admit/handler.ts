import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Launch, readLaunch, type Telling } from '../../domain/events.ts';
import { rowName } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import { executionName } from '../../domain/node.ts';
import { tell } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { start } from '../adapters/executions.ts';
import { instancesOf } from '../adapters/instances.ts';
import { admitRow, rowsOf } from '../adapters/ledger.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { type Admissible, judge } from './decide.ts';

const config = JSON.parse(variable('ADMISSIBLE')) as Admissible;
const stateMachine = variable('STATE_MACHINE');

interface Admitted {
  readonly record: SQSRecord;
  readonly admission: Admission;
}

/**
 * Takes launches out of the queue: one look-up for the batch, and one execution for each instance that is ours. A launch that cannot be
 * admitted now stays in the queue; all others of its batch go on.
 */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const launches: { record: SQSRecord; launch: Launch }[] = [];
  let unreadable = 0;
  for (const record of event.Records) {
    const launch = readLaunch(record.body);
    if (launch) {
      launches.push({ record, launch });
    } else {
      unreadable++;
      logger.warn('an event in the launches queue is no launch', { body: record.body.slice(0, 1_000) });
    }
  }
  count('EventUnreadable', unreadable);
  if (launches.length === 0) return { batchItemFailures: [] };

  const ids = [...new Set(launches.map(({ launch }) => launch.instanceId))];
  const instances = new Map((await instancesOf(ids)).map((instance) => [instance.instanceId, instance]));
  const failures: SQSBatchItemFailure[] = [];
  const ours: Admitted[] = [];
  let foreign = 0;
  for (const { record, launch } of launches) {
    const verdict = judge(launch, instances.get(launch.instanceId), config, Date.now());
    if (verdict.verdict === 'admit') ours.push({ record, admission: verdict.admission });
    else if (verdict.verdict === 'not-yet') failures.push({ itemIdentifier: record.messageId });
    else foreign++;
  }
  count('NotOurs', foreign);
  failures.push(...(await admitAll(ours)));
  return { batchItemFailures: failures };
}

/** Starts first, tells second, notes last: a function that dies between two of them does all of it again, and nothing is lost. */
async function admitAll(ours: readonly Admitted[]): Promise<SQSBatchItemFailure[]> {
  if (ours.length === 0) return [];
  const known = await rowsOf(ours.map(({ admission }) => admission.node));
  const fresh = ours.filter(({ admission }) => known.get(rowName(admission.node))?.admittedAt === undefined);
  const unique = new Map(fresh.map((one) => [rowName(one.admission.node), one]));
  const started: Admitted[] = [];
  const failures: SQSBatchItemFailure[] = [];
  for (const one of unique.values()) {
    try {
      await start(stateMachine, nameOf(one.admission), one.admission);
      started.push(one);
    } catch (error) {
      logger.error('an execution could not be started', {
        instanceId: one.admission.node.instanceId,
        error: error as Error,
      });
      failures.push({ itemIdentifier: one.record.messageId });
    }
  }
  await tell(
    started.map(
      ({ admission }): Telling => ({
        type: 'Node Admitted',
        detail: { ...admission, execution: nameOf(admission) },
      }),
    ),
  );
  const at = new Date().toISOString();
  await Promise.all(started.map(({ admission }) => admitRow(admission.node, at)));
  count('Admitted', started.length);
  return failures;
}

function nameOf({ node }: Admission): string {
  return executionName(node.instanceId, node.launchedAt, 'install', 1);
}

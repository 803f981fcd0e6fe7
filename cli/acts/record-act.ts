import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { newestRunOf } from '../../domain/act-order.ts';
import { unprovenOf } from '../../domain/act-refusals.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import type { NextStep } from '../../domain/next-steps.ts';
import { type ActName, asksForRun, type OperatorAct, OperatorActSchema } from '../../domain/operator-acts.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { renderUpdate } from '../../domain/update-expression.ts';
import { consequenceOf, type Operation } from '../../lambdas/adapters/aws-errors.ts';
import { readRuns } from '../explain/read-launch.ts';
import { CouldNotLook } from '../output/errors.ts';
import { publishAct } from '../publish-act.ts';
import type { ActReach } from './reach.ts';

/**
 * Builds an operator's act about a launch, after its latest run.
 *
 * @param at ISO 8601
 */
export function actOf(act: ActName, run: RunRecord, by: string, because: string, at: string): OperatorAct {
  const opened = act === 'release' || run.operatorAct?.opened === true;
  return v.parse(OperatorActSchema, {
    ...{ act, by, at, because },
    ...(act === 'release' ? { notProven: unprovenOf(run) } : {}),
    ...(opened ? { opened } : {}),
  });
}

/** What follows from each act, as its event has it. */
const nextSteps = {
  retry: 'install',
  verify: 'verify',
  release: 'schedule',
  quarantine: 'operator',
  uninstall: 'operator',
} as const satisfies Record<ActName, NextStep>;

/**
 * Records an act in the run record and, unless it asks for a run, in that of a run which began meanwhile, and publishes it. What follows from it happens only after both.
 *
 * @throws CouldNotLook if the ledger or the bus takes nothing from this caller
 */
export async function recordAct(reach: ActReach, run: RunRecord, act: OperatorAct): Promise<void> {
  const isRun = asksForRun(act);
  await writeAct(reach, run, act);
  if (!isRun) {
    // Reconcile may have admitted another run since the latest one was read, and that one must not undo the act.
    const newest = newestRunOf(run, await readRuns(reach, run.instanceId));
    if (newest.launchedAt !== run.launchedAt) await writeAct(reach, newest, act);
  }
  const undone = isRun
    ? 'the run is asked for, but the audit trail has no event for it'
    : 'the Node was not changed, because the audit trail took no event';
  await unlessDenied('events:PutEvents', undone, () =>
    publishAct(reach, {
      at: act.at,
      next: nextSteps[act.act],
      command: act.act,
      because: act.because,
      notProven: act.notProven ?? [],
      instanceId: run.instanceId,
      launchedAt: launchTimeOf(run),
      cluster: run.cluster,
      pool: run.pool,
      ...(run.launch === undefined ? {} : { nodeName: run.launch.nodeName }),
    }),
  );
}

async function writeAct({ dynamoDb, table }: ActReach, { instanceId, launchedAt }: RunRecord, act: OperatorAct) {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  const update = renderUpdate(runChanges.recordOperatorAct, { operatorAct: JSON.stringify(act) });
  await unlessDenied('dynamodb:UpdateItem', 'nothing was done', () =>
    client.send(new UpdateCommand({ TableName: table, Key: { instanceId, launchedAt }, ...update })),
  );
}

async function unlessDenied<T>(operation: Operation, undone: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (consequenceOf(operation, error) !== 'setup') throw error;
    const reason = (error as Error).message;
    throw new CouldNotLook(`${undone}: ${reason}; accepted: a role listed under operators in airlock.yaml`);
  }
}

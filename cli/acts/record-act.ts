import { setTimeout } from 'node:timers/promises';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { newestRunOf } from '../../domain/act-order.ts';
import { unprovenOf } from '../../domain/act-refusals.ts';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import type { NextStep } from '../../domain/next-steps.ts';
import {
  type ActName,
  asksForRun,
  type OperatorAct,
  OperatorActSchema,
  rerunBeginsMs,
} from '../../domain/operator-acts.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { renderUpdate } from '../../domain/update-expression.ts';
import { consequenceOf } from '../../lambdas/adapters/aws-errors.ts';
import { readRuns } from '../explain/read-launch.ts';
import { CouldNotLook } from '../output/errors.ts';
import { publishAct } from '../publish-act.ts';
import type { ActReach } from './reach.ts';
import { unlessDenied } from './unless-denied.ts';

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
 * Records an act in the newest run record and publishes it. What follows from it happens only after both.
 *
 * @param sleep pauses, in milliseconds
 * @throws CouldNotLook if the ledger or the bus takes nothing from this caller, or if another run begins and does not
 * appear
 */
export async function recordAct(
  reach: ActReach,
  run: RunRecord,
  act: OperatorAct,
  sleep: (ms: number) => Promise<unknown> = setTimeout,
): Promise<void> {
  const isRun = asksForRun(act);
  await writeToNewest(reach, run, act, sleep);
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

/** How often the ledger is asked for a run that begins, a second apart each. */
const tries = 10;

/**
 * Writes an act to the newest run. The run that was read may be followed by another by now, which the act would not
 * count for. An act that asks for a run is refused then.
 */
async function writeToNewest(
  reach: ActReach,
  run: RunRecord,
  act: OperatorAct,
  sleep: (ms: number) => Promise<unknown>,
): Promise<void> {
  if (await writeAct(reach, run, act)) return;
  for (let tried = 0; tried < tries && !asksForRun(act); tried++) {
    await sleep(1_000);
    const newest = newestRunOf(run, await readRuns(reach, run.instanceId));
    if (await writeAct(reach, newest, act)) return;
  }
  throw new CouldNotLook(
    `nothing was done: another run of ${run.instanceId} begins; run the command again in three minutes`,
  );
}

/** @returns whether it was written; false while another run begins */
async function writeAct(
  { dynamoDb, table }: ActReach,
  { instanceId, launchedAt }: RunRecord,
  act: OperatorAct,
): Promise<boolean> {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  const before = new Date(Date.parse(act.at) - rerunBeginsMs).toISOString();
  const update = renderUpdate(runChanges.recordOperatorAct, { operatorAct: JSON.stringify(act), before });
  return unlessDenied('dynamodb:UpdateItem', 'nothing was done', async () => {
    try {
      await client.send(new UpdateCommand({ TableName: table, Key: { instanceId, launchedAt }, ...update }));
      return true;
    } catch (error) {
      if (consequenceOf('dynamodb:UpdateItem', error) === 'answer') return false;
      throw error;
    }
  });
}

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import type { NextStep } from '../../domain/next-steps.ts';
import { orphanedBecause, pendingActOf, rolloutRefusal } from '../../domain/rollout/acts.ts';
import {
  type ReadRollout,
  type RolloutAct,
  RolloutActSchema,
  readRolloutItem,
  rolloutChanges,
  rolloutKey,
  rolloutName,
  rolloutsPartition,
} from '../../domain/rollout/rollout.ts';
import { versionRefusal } from '../../domain/tags.ts';
import { renderUpdate } from '../../domain/update-expression.ts';
import { loadSettings, type Settings } from '../../lib/config/settings.ts';
import { confirm } from '../acts/confirm.ts';
import { type ActReach, openReach } from '../acts/reach.ts';
import { unlessDenied } from '../acts/unless-denied.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { outputWidth, print } from '../output/text.ts';
import { publishAct } from '../publish-act.ts';
import { rolloutLines } from './print.ts';
import { listProven } from './proven.ts';
import { hasStoppedItself, RolloutActReportSchema, RolloutsSchema, shownRollout } from './report.ts';

/** Reads every rollout of the deployed stack. */
export async function listRollouts(dynamoDb: DynamoDBClient, table: string): Promise<readonly ReadRollout[]> {
  const found: ReadRollout[] = [];
  const pages = paginateQuery(
    { client: DynamoDBDocumentClient.from(dynamoDb) },
    {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'instanceId = :partition',
      ExpressionAttributeValues: { ':partition': rolloutsPartition },
    },
  );
  for await (const { Items = [] } of pages) found.push(...Items.flatMap((item) => readRolloutItem(item) ?? []));
  return found;
}

/** `airlock rollout`: every rollout, one a line. One that stopped by itself counts as a finding. */
export async function showRollouts({ json }: { readonly json: boolean }, open = openReach): Promise<ExitCode> {
  const { dynamoDb, table } = await open();
  const rollouts = (await listRollouts(dynamoDb, table)).map(shownRollout);
  if (json) printJson(RolloutsSchema, { version: 1, rollouts });
  else for (const line of rolloutLines(rollouts, outputWidth())) print(line);
  return rollouts.some(hasStoppedItself) ? exitCodes.findings : exitCodes.fine;
}

/** The options of an act about rollouts. */
export interface RolloutActOptions {
  readonly cluster?: string;
  readonly runtime?: string;
  readonly to?: string;
  /** Why. Absent: an operator asked for it. */
  readonly because?: string;
  readonly yes: boolean;
  readonly json: boolean;
  readonly config?: string;
}

const nextSteps = {
  pause: 'operator',
  resume: 'roll-on',
  abort: 'operator',
  rollback: 'roll-on',
} as const satisfies Record<RolloutAct['act'], NextStep>;

/**
 * `airlock rollout pause`, `resume`, `abort` and `rollback`: records the act in the ledger and publishes it. Reconcile follows it with its next pass.
 *
 * @param pool absent: every rollout that this is possible for
 */
export async function actOnRollouts(
  act: RolloutAct['act'],
  pool: string | undefined,
  options: RolloutActOptions,
  open = openReach,
): Promise<ExitCode> {
  const settings = loadSettings({ config: options.config });
  const reach = await open();
  const found = (await listRollouts(reach.dynamoDb, reach.table)).filter(
    ({ rollout }) =>
      (pool === undefined || rollout.pool === pool) &&
      (options.cluster === undefined || rollout.cluster === options.cluster) &&
      (options.runtime === undefined || rollout.runtime === options.runtime),
  );
  if (found.length === 0) throw new UsageError(`no rollout matches; accepted: one that airlock rollout lists`);
  const planned = await Promise.all(
    found.map(async (one) => ({ ...one, because: await refusalFor(act, one, options, settings, reach) })),
  );
  const possible = planned.filter(({ because }) => because === undefined);
  const isAgreed = possible.length < 2 || (await confirm(`${act} ${possible.length} rollouts?`, options.yes));
  for (const { rollout } of isAgreed ? possible : []) {
    const to = act === 'rollback' ? (options.to ?? rollout.before) : undefined;
    const at = new Date().toISOString();
    await record(reach, rollout, {
      act,
      by: reach.by,
      at,
      because: options.because ?? 'an operator asked for it',
      ...(to === undefined ? {} : { to }),
    });
  }
  const report = planned.map(({ rollout: { cluster, pool: of, runtime, target }, because }) => ({
    ...{ cluster, pool: of, runtime, target, done: isAgreed && because === undefined },
    ...(because === undefined ? {} : { because }),
  }));
  if (options.json) printJson(RolloutActReportSchema, { version: 1, act, rollouts: report });
  else for (const line of report.map((one) => lineOf(act, one))) print(line);
  if (!options.json && act === 'rollback' && possible.length > 0) print(afterRollback);
  return report.every(({ done }) => done) ? exitCodes.fine : exitCodes.findings;
}

const afterRollback =
  'New launches still get the version of airlock.yaml. Set another one there and deploy, or the pool stays divided.';

function lineOf(
  act: string,
  {
    cluster,
    pool,
    runtime,
    done,
    because,
  }: { cluster: string; pool: string; runtime: string; done: boolean; because?: string },
) {
  const name = `${cluster} ${pool} ${runtime}`;
  if (done) return `${act}: ${name}; reconcile follows within two minutes`;
  return `not done: ${name}: ${because ?? 'you did not agree'}`;
}

async function refusalFor(
  act: RolloutAct['act'],
  read: ReadRollout,
  { to, because }: RolloutActOptions,
  { config, versions }: Pick<Settings, 'config' | 'versions'>,
  { dynamoDb, table }: ActReach,
): Promise<string | undefined> {
  const { rollout } = read;
  const orphaned = orphanedBecause(rollout, config);
  if (orphaned !== undefined) return orphaned;
  const canInstall = (version: string) => versionRefusal({ runtime: rollout.runtime, version }, versions) === undefined;
  const isNamed = act === 'rollback' && to !== undefined;
  const proven = isNamed ? await listProven(dynamoDb, table, rollout) : new Set<string>();
  const asked = {
    act,
    pending: pendingActOf(read),
    to,
    canInstall,
    isProven: (version: string) => proven.has(version),
  };
  return rolloutRefusal({ ...asked, isReasoned: because !== undefined }, rollout);
}

async function record(reach: ActReach, rollout: ReadRollout['rollout'], act: RolloutAct): Promise<void> {
  const client = DynamoDBDocumentClient.from(reach.dynamoDb);
  const rolloutAct = JSON.stringify(v.parse(RolloutActSchema, act));
  const update = renderUpdate(rolloutChanges.recordRolloutAct, { rolloutAct });
  await unlessDenied('dynamodb:UpdateItem', `nothing was done to ${rolloutName(rollout)}`, () =>
    client.send(new UpdateCommand({ TableName: reach.table, Key: { ...rolloutKey(rollout) }, ...update })),
  );
  const { cluster, pool } = rollout;
  const { at, because } = act;
  const detail = { at, next: nextSteps[act.act], command: `rollout ${act.act}`, because, notProven: [], cluster, pool };
  await unlessDenied('events:PutEvents', 'it is asked for, but the audit trail has no event for it', () =>
    publishAct(reach, detail),
  );
}

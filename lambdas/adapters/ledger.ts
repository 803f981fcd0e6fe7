import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Disposition } from '../../domain/disposition.ts';
import { type Claim, type Ending, type LedgerKey, type RunRecord, runId } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { Installation, Receipt } from '../../domain/receipt.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import { client, keyOf, readItems, table, updateItem } from './table.ts';

/** How long a row is kept after the launch: as long as Step Functions keeps the name of a closed execution. */
const keptSeconds = 90 * 24 * 3_600;

/** Reads the rows of some nodes, strongly consistent, by {@link runId}. */
export async function rowsOf(keys: readonly LedgerKey[]): Promise<ReadonlyMap<string, RunRecord>> {
  const runs = (await readItems(keys)).flatMap(read);
  return new Map(runs.map((run) => [runId(run), run]));
}

/**
 * Reads the rows of every way of an instance, strongly consistent, the latest first: if one page does not hold them all, what it leaves
 * out came to its end long ago.
 */
export async function listRuns(instanceId: string): Promise<RunRecord[]> {
  const answer = await client.send(
    new QueryCommand({
      TableName: table,
      ConsistentRead: true,
      ScanIndexForward: false,
      KeyConditionExpression: 'instanceId = :instanceId',
      ExpressionAttributeValues: { ':instanceId': instanceId },
    }),
  );
  return (answer.Items ?? []).flatMap(read);
}

/** Reads one row, strongly consistent. */
export async function rowOf(key: LedgerKey): Promise<RunRecord | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }));
  return parseRunRecord(Item);
}

function read(item: unknown): RunRecord[] {
  const run = parseRunRecord(item);
  return run === undefined ? [] : [run];
}

/**
 * Makes the row of a node that is about to be admitted. That of one whose run has begun stays as it is.
 *
 * @param execution the name of its execution, if the row has none yet
 * @returns the name that the row has
 */
export async function recordAdmission(
  { launch, request, refused }: Admission,
  execution: string,
  at: string,
): Promise<string> {
  const row = await updateItem(launch, {
    condition: 'attribute_not_exists(admittedAt) AND attribute_not_exists(begunAt)',
    fields: {
      recordedAt: at,
      cluster: launch.cluster,
      pool: launch.pool,
      launch: JSON.stringify(launch),
      request: request && JSON.stringify(request),
      refused: refused && JSON.stringify(refused),
      // The state machine's first write asks for it by itself.
      relaunched: launch.relaunched,
      expiresAt: Math.floor(Date.parse(launch.launchedAt) / 1000) + keptSeconds,
    },
    keep: { execution },
  });
  const named = row?.['execution'] ?? (await rowsOf([launch])).get(runId(launch))?.execution;
  return typeof named === 'string' ? named : execution;
}

/** Notes that a node was admitted: its execution was started, and that was told. */
export async function recordAdmitted(key: LedgerKey, admittedAt: string): Promise<void> {
  await update(key, 'attribute_not_exists(admittedAt)', { admittedAt });
}

/** Claims an attempt for a batch. @returns whether the claim holds; it does not if someone else changed the row meanwhile */
export async function claim(intent: Claim): Promise<boolean> {
  const { over } = intent;
  const unchanged =
    over?.token === undefined ? 'attribute_not_exists(#token)' : '#token = :wasToken AND batchId = :wasBatch';
  const condition = `${unchanged} AND attribute_not_exists(haltedAt)`;
  const was = over?.token === undefined ? {} : { ':wasToken': over.token, ':wasBatch': over.batchId };
  return update(
    intent.launch,
    condition,
    {
      token: intent.token,
      attempt: intent.attempt,
      batchId: intent.batchId,
      verb: intent.verb,
      document: intent.document,
      checksums: intent.checksums,
      onlineAt: intent.onlineAt,
      claimedAt: intent.at,
      commandId: undefined,
      sentAt: undefined,
    },
    was,
  );
}

/** Gives a claim back after AWS refused the call for certain: a claim without its time need not be looked for. */
export async function releaseClaim(key: LedgerKey, batchId: string): Promise<void> {
  await update(
    key,
    'batchId = :batch AND attribute_not_exists(commandId)',
    { claimedAt: undefined },
    {
      ':batch': batchId,
    },
  );
}

/** Notes the command that carries a batch's attempt. */
export async function recordCommand(key: LedgerKey, batchId: string, commandId: string, sentAt: string): Promise<void> {
  await update(key, 'batchId = :batch', { commandId, sentAt }, { ':batch': batchId });
}

/**
 * Notes what an attempt proved, before the state that waits for it has its answer.
 *
 * @returns whether the attempt is the current one
 */
export async function recordProven(key: LedgerKey, token: string, installation: Installation): Promise<boolean> {
  const fields = { installation: JSON.stringify(installation), provenToken: token };
  return update(key, '#token = :token', fields, { ':token': token });
}

/** Notes what was decided about a node whose run failed. */
export async function recordDisposition(key: LedgerKey, disposition: Disposition): Promise<void> {
  await update(key, 'attribute_exists(instanceId)', { disposition });
}

/**
 * Notes which execution is to end a run that has no end.
 *
 * @param endExecution its name, if the row has none yet
 * @returns the name that the row has
 */
export async function recordEndExecution(key: LedgerKey, endExecution: string): Promise<string> {
  const row = await updateItem(key, { condition: 'attribute_exists(instanceId)', fields: {}, keep: { endExecution } });
  return typeof row?.['endExecution'] === 'string' ? row['endExecution'] : endExecution;
}

/** Notes that the state that waits behind a token has its answer. */
export async function recordAnswered(key: LedgerKey, token: string, settledAt: string): Promise<void> {
  await update(key, '#token = :token', { settledToken: token, settledAt }, { ':token': token });
}

/** Sees to it that nothing is sent to the node any more: from here on no claim holds. */
export async function halt(key: LedgerKey, at: string): Promise<void> {
  await update(key, 'attribute_not_exists(haltedAt)', { haltedAt: at });
}

/**
 * Writes the end of a node that is gone, and halts it.
 *
 * @returns whether this is the end: it is not if the node has ended already, or is being replaced
 */
export async function recordTermination(key: LedgerKey, receipt: Receipt, endedBy: string): Promise<boolean> {
  return update(key, 'attribute_not_exists(outcome) AND attribute_not_exists(replacingAt)', {
    outcome: receipt.outcome,
    ending: 'discarded' satisfies Ending,
    endedAt: receipt.endedAt,
    endedBy,
    receipt: JSON.stringify(receipt),
    haltedAt: receipt.endedAt,
  });
}

/**
 * Notes that the instance may be ended from now on: it is replaced, and not lost.
 *
 * @returns whether it may: it may not if the node has come to an end
 */
export async function recordReplacing(key: LedgerKey, at: string): Promise<boolean> {
  return update(key, 'attribute_exists(admittedAt) AND attribute_not_exists(outcome)', { replacingAt: at });
}

/** Notes that the end was told. */
export async function recordPublished(key: LedgerKey, at: string): Promise<void> {
  await update(key, 'attribute_not_exists(publishedAt)', { publishedAt: at });
}

/** Notes for which configured release the node was told to be outdated. */
export async function recordOutdated(key: LedgerKey, outdatedFor: string): Promise<void> {
  await update(key, 'attribute_exists(admittedAt)', { outdatedFor });
}

/** Notes in the row of a launch's first way the number of the latest one after it. */
export async function recordRunCount({ instanceId, launchedAt }: LedgerKey, runs: number): Promise<void> {
  await update({ instanceId, launchedAt }, 'attribute_exists(admittedAt)', { runs });
}

/** Sets fields (or removes those that are undefined) under a condition; false if the condition does not hold. */
async function update(
  key: LedgerKey,
  condition: string,
  fields: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>> = {},
): Promise<boolean> {
  return (await updateItem(key, { condition, fields, values })) !== undefined;
}

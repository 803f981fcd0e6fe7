import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Disposition } from '../../domain/disposition.ts';
import { type Claim, type Ending, type LedgerKey, type RunRecord, runId } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { Installation, Receipt } from '../../domain/receipt.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import { client, keyOf, readItems, table, updateItem } from './table.ts';

/**
 * How long a record is kept after the launch, in seconds: as long as Step Functions reserves the name of a closed
 * execution.
 */
const keptSeconds = 90 * 24 * 3_600;

/** Reads run records with strong consistency, by {@link runId}. */
export async function rowsOf(keys: readonly LedgerKey[]): Promise<ReadonlyMap<string, RunRecord>> {
  const runs = (await readItems(keys)).flatMap(read);
  return new Map(runs.map((run) => [runId(run), run]));
}

/**
 * Reads the records of an instance's runs with strong consistency, the latest first. Runs that do not fit on one page
 * ended long ago and are left out.
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

/** Reads one run record with strong consistency. */
export async function rowOf(key: LedgerKey): Promise<RunRecord | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }));
  return parseRunRecord(Item);
}

function read(item: unknown): RunRecord[] {
  const run = parseRunRecord(item);
  return run === undefined ? [] : [run];
}

/**
 * Creates the record of a launch that is about to be admitted. A record whose run has begun is not changed.
 *
 * @param execution the name of its execution, if the record has none yet
 * @returns the name in the record
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
      // The condition of the state machine's first write needs this field.
      relaunched: launch.relaunched,
      expiresAt: Math.floor(Date.parse(launch.launchedAt) / 1000) + keptSeconds,
    },
    keep: { execution },
  });
  const named = row?.['execution'] ?? (await rowsOf([launch])).get(runId(launch))?.execution;
  return typeof named === 'string' ? named : execution;
}

/** Records that a launch was admitted: its execution was started, and the event published. */
export async function recordAdmitted(key: LedgerKey, admittedAt: string): Promise<void> {
  await update(key, 'attribute_not_exists(admittedAt)', { admittedAt });
}

/**
 * Claims an attempt for a batch. @returns whether the claim succeeded; it fails if the record changed in the meantime
 */
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

/** Releases a claim after AWS certainly rejected the call. A claim without a time causes no search for its command. */
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

/** Records the command of a batch's attempt. */
export async function recordCommand(key: LedgerKey, batchId: string, commandId: string, sentAt: string): Promise<void> {
  await update(key, 'batchId = :batch', { commandId, sentAt }, { ':batch': batchId });
}

/**
 * Records what an attempt proved, before the waiting state gets its answer.
 *
 * @returns whether the attempt is the current one
 */
export async function recordProven(key: LedgerKey, token: string, installation: Installation): Promise<boolean> {
  const fields = { installation: JSON.stringify(installation), provenToken: token };
  return update(key, '#token = :token', fields, { ':token': token });
}

/** Records the decision about a node whose run failed. */
export async function recordDisposition(key: LedgerKey, disposition: Disposition): Promise<void> {
  await update(key, 'attribute_exists(instanceId)', { disposition });
}

/**
 * Records which execution ends a run that has no end.
 *
 * @param endExecution its name, if the record has none yet
 * @returns the name that the row has
 */
export async function recordEndExecution(key: LedgerKey, endExecution: string): Promise<string> {
  const row = await updateItem(key, { condition: 'attribute_exists(instanceId)', fields: {}, keep: { endExecution } });
  return typeof row?.['endExecution'] === 'string' ? row['endExecution'] : endExecution;
}

/** Records that a waiting state has its answer. */
export async function recordAnswered(key: LedgerKey, token: string, settledAt: string): Promise<void> {
  await update(key, '#token = :token', { settledToken: token, settledAt }, { ':token': token });
}

/** Stops all sending to the node: from now on no claim succeeds. */
export async function halt(key: LedgerKey, at: string): Promise<void> {
  await update(key, 'attribute_not_exists(haltedAt)', { haltedAt: at });
}

/**
 * Writes the end of a launch whose instance is gone, and stops all sending to it.
 *
 * @returns whether this write is the end; false if the run has ended already or the instance is being replaced
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
 * Records that the instance may be terminated from now on: it is replaced, not lost.
 *
 * @returns whether it may; false if the run has ended
 */
export async function recordReplacing(key: LedgerKey, at: string): Promise<boolean> {
  return update(key, 'attribute_exists(admittedAt) AND attribute_not_exists(outcome)', { replacingAt: at });
}

/** Records that the end was published. */
export async function recordPublished(key: LedgerKey, at: string): Promise<void> {
  await update(key, 'attribute_not_exists(publishedAt)', { publishedAt: at });
}

/** Records the configured version for which the node was reported as outdated. */
export async function recordOutdated(key: LedgerKey, outdatedFor: string): Promise<void> {
  await update(key, 'attribute_exists(admittedAt)', { outdatedFor });
}

/** Records the number of the latest run in the record of the launch's first run. */
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

import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Disposition } from '../../domain/disposition.ts';
import { type Claim, type Ending, expiryOf, type LedgerKey, type RunRecord, runId } from '../../domain/ledger.ts';
import type { Change } from '../../domain/ledger-change.ts';
import type { Admission } from '../../domain/messages.ts';
import type { Installation, Receipt } from '../../domain/receipt.ts';
import type { Inventory } from '../../domain/result.ts';
import { runChanges } from '../../domain/run-changes.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import type { ChangeValues } from '../../domain/update-expression.ts';
import { client, keyOf, readItems, table, updateItem } from './table.ts';

/** Reads run records with strong consistency, by {@link runId}. */
export async function readRuns(keys: readonly LedgerKey[]): Promise<ReadonlyMap<string, RunRecord>> {
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
export async function readRun(key: LedgerKey): Promise<RunRecord | undefined> {
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
  const item = await updateItem(launch, runChanges.recordAdmission, {
    recordedAt: at,
    cluster: launch.cluster,
    pool: launch.pool,
    launch: JSON.stringify(launch),
    request: request && JSON.stringify(request),
    refused: refused && JSON.stringify(refused),
    relaunched: launch.relaunched,
    expiresAt: expiryOf(at),
    execution,
  });
  const named = item?.['execution'] ?? (await readRuns([launch])).get(runId(launch))?.execution;
  return typeof named === 'string' ? named : execution;
}

/** Records that a launch was admitted: its execution was started, and the event published. */
export async function recordAdmitted(key: LedgerKey, admittedAt: string): Promise<void> {
  await update(key, runChanges.recordAdmitted, { admittedAt });
}

/**
 * Claims an attempt for a batch. @returns whether the claim succeeded; it fails if the record changed in the meantime
 */
export async function claim(intent: Claim): Promise<boolean> {
  const { launch, token, attempt, batchId, verb, document, checksums, onlineAt, at, over } = intent;
  const values = { token, attempt, batchId, verb, document, checksums, onlineAt, claimedAt: at };
  return over?.token === undefined
    ? update(launch, runChanges.claimFirst, values)
    : update(launch, runChanges.claimNext, { ...values, wasToken: over.token, wasBatch: over.batchId });
}

/** Releases a claim after AWS certainly rejected the call. A claim without a time causes no search for its command. */
export async function releaseClaim(key: LedgerKey, batchId: string): Promise<void> {
  await update(key, runChanges.releaseClaim, { batchId });
}

/** Records the command of a batch's attempt. */
export async function recordCommand(key: LedgerKey, batchId: string, commandId: string, sentAt: string): Promise<void> {
  await update(key, runChanges.recordCommand, { batchId, commandId, sentAt });
}

/** Records that it was published that the run's command has to wait. */
export async function recordDeferral(key: LedgerKey, deferredAt: string): Promise<void> {
  await update(key, runChanges.recordDeferral, { deferredAt });
}

/**
 * Records what an attempt proved, before the waiting state gets its answer.
 *
 * @returns whether the attempt is the current one
 */
export async function recordProven(key: LedgerKey, token: string, installation: Installation): Promise<boolean> {
  const values = { token, installation: JSON.stringify(installation), provenToken: token };
  return update(key, runChanges.recordProven, values);
}

/** Records the decision about a node whose run failed. */
export async function recordDisposition(key: LedgerKey, disposition: Disposition): Promise<void> {
  await update(key, runChanges.recordDisposition, { disposition });
}

/**
 * Records which execution ends a run that has no end.
 *
 * @param endExecution its name, if the record has none yet
 * @returns the name in the record
 */
export async function recordEndExecution(key: LedgerKey, endExecution: string): Promise<string> {
  const item = await updateItem(key, runChanges.recordEndExecution, { endExecution });
  return typeof item?.['endExecution'] === 'string' ? item['endExecution'] : endExecution;
}

/** Records that a waiting state has its answer. */
export async function recordAnswered(key: LedgerKey, token: string, settledAt: string): Promise<void> {
  await update(key, runChanges.recordAnswered, { token, settledToken: token, settledAt });
}

/** Stops all sending to the node: from now on no claim succeeds. */
export async function recordCancellation(key: LedgerKey, cancelledAt: string): Promise<void> {
  await update(key, runChanges.recordCancellation, { cancelledAt });
}

/**
 * Writes the end of a launch whose instance is gone, and stops all sending to it.
 *
 * @returns whether this write is the end; false if the run has ended already or the instance is being replaced
 */
export async function recordTermination(key: LedgerKey, receipt: Receipt, endedBy: string): Promise<boolean> {
  return update(key, runChanges.recordTermination, {
    outcome: receipt.outcome,
    ending: 'discarded' satisfies Ending,
    endedAt: receipt.endedAt,
    endedBy,
    receipt: JSON.stringify(receipt),
    cancelledAt: receipt.endedAt,
  });
}

/**
 * Records that the instance may be terminated from now on: it is replaced, not lost.
 *
 * @returns whether it may; false if the run has ended
 */
export async function recordReplacing(key: LedgerKey, at: string): Promise<boolean> {
  return update(key, runChanges.recordReplacing, { replacingAt: at });
}

/** Records that the end was published. */
export async function recordPublished(key: LedgerKey, at: string): Promise<void> {
  await update(key, runChanges.recordPublished, { publishedAt: at });
}

/** Records the configured version, or the tag, for which the node was reported as outdated. */
export async function recordOutdated(key: LedgerKey, outdatedFor: string): Promise<void> {
  await update(key, runChanges.recordOutdated, { outdatedFor });
}

/** Records that a batch asks a node what runs there. The answer of an earlier batch is no longer accepted. */
export async function recordInventoryAsked(key: LedgerKey, inventoryBatch: string, at: string): Promise<void> {
  await update(key, runChanges.recordInventoryAsked, { inventoryAskedAt: at, inventoryBatch });
}

/** Records what a node answered. @returns whether the batch is the latest that asked */
export async function recordInventory(key: LedgerKey, inventoryBatch: string, inventory: Inventory): Promise<boolean> {
  return update(key, runChanges.recordInventory, { inventoryBatch, inventory: JSON.stringify(inventory) });
}

/** Records the act for whose Node it was reported that its gate is open again. */
export async function recordReopened(key: LedgerKey, reopenedFor: string): Promise<void> {
  await update(key, runChanges.recordReopened, { reopenedFor });
}

/** Keeps a run's record for as long as a new one. @param at from when on, ISO 8601 */
export async function renewRecord({ instanceId, launchedAt }: LedgerKey, at: string): Promise<void> {
  await update({ instanceId, launchedAt }, runChanges.renewRecord, { expiresAt: expiryOf(at) });
}

/** Records the number of the latest run in the record of the launch's first run. */
export async function recordRunCount({ instanceId, launchedAt }: LedgerKey, runs: number): Promise<void> {
  await update({ instanceId, launchedAt }, runChanges.recordRunCount, { runs });
}

/**
 * Records that the run after this one begins.
 *
 * @returns the record as it was then, with what an operator did until then; undefined if there is none
 */
export async function recordRerun(key: LedgerKey, rerunAt: string): Promise<RunRecord | undefined> {
  return parseRunRecord(await updateItem(key, runChanges.recordRerun, { rerunAt }));
}

/** Makes a change. @returns whether its condition holds */
async function update<C extends Change>(key: LedgerKey, change: C, values: ChangeValues<C>): Promise<boolean> {
  return (await updateItem(key, change, values)) !== undefined;
}

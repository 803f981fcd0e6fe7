import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type BackOff, jitteredPause } from '../../domain/back-off.ts';
import { type LedgerKey, runId, sortKeyOf } from '../../domain/ledger.ts';
import type { Change } from '../../domain/ledger-change.ts';
import { type ChangeValues, renderUpdate } from '../../domain/update-expression.ts';
import { consequenceOf } from './aws-errors.ts';
import { variable } from './environment.ts';
import { systemTime } from './time.ts';

/** The table of the ledger. */
export const table = variable('LEDGER_TABLE');

/** The client for all reads and writes of the table. */
export const client = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 6 }), {
  marshallOptions: { removeUndefinedValues: true },
});

/** BatchGetItem accepts at most 100 keys. */
const keysPerCall = 100;

/** The pauses before a call for unprocessed keys: the table was throttled. */
const unreadPauses: BackOff = { firstMs: 50, longestMs: 1_000 };

/** Reads items with strong consistency, each once. Missing items are left out. */
export async function readItems(keys: readonly LedgerKey[]): Promise<Readonly<Record<string, unknown>>[]> {
  const unique = [...new Map(keys.map((key) => [runId(key), keyOf(key)])).values()];
  const items: Record<string, unknown>[] = [];
  for (let from = 0; from < unique.length; from += keysPerCall) {
    let Keys: Record<string, unknown>[] | undefined = unique.slice(from, from + keysPerCall);
    for (let tries = 0; Keys && Keys.length > 0; tries++) {
      if (tries > 0) await systemTime.sleep(jitteredPause(unreadPauses, tries - 1, systemTime.random()));
      const page: {
        Responses?: Record<string, Record<string, unknown>[]> | undefined;
        UnprocessedKeys?: Record<string, { Keys: unknown }> | undefined;
      } = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }));
      items.push(...(page.Responses?.[table] ?? []));
      Keys = page.UnprocessedKeys?.[table]?.Keys as Record<string, unknown>[] | undefined;
    }
  }
  return items;
}

/**
 * Makes one change of an item.
 *
 * @param values an attribute whose value is undefined is removed
 * @returns the item after the change, or undefined if the change's condition does not hold
 */
export async function updateItem<C extends Change>(
  key: LedgerKey,
  change: C,
  values: ChangeValues<C>,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: table,
        Key: keyOf(key),
        ...renderUpdate(change, values),
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Attributes ?? {};
  } catch (error) {
    if (consequenceOf('dynamodb:UpdateItem', error) === 'answer') return undefined;
    throw error;
  }
}

/** Builds the key of an item in the table. */
export function keyOf(key: LedgerKey): Record<string, unknown> {
  return { instanceId: key.instanceId, launchedAt: sortKeyOf(key) };
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type BackOff, jitteredPause } from '../../domain/back-off.ts';
import { type LedgerKey, runId, sortKeyOf } from '../../domain/ledger.ts';
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

/** One conditional update of an item. Names in the condition that begin with `#` are attributes. */
export interface Update {
  readonly condition: string;
  /** The attributes to set. Undefined ones are removed. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The attributes to set if the item does not have them yet. */
  readonly keep?: Readonly<Record<string, unknown>>;
  /** The values to add: a number to a number, a set to a set. */
  readonly add?: Readonly<Record<string, unknown>>;
  /** The values in the condition. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Updates an item under a condition. @returns the updated item, or undefined if the condition does not hold */
export async function updateItem(
  key: LedgerKey,
  { condition, fields, keep = {}, add = {}, values = {} }: Update,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  const removed = Object.keys(fields).filter((name) => fields[name] === undefined);
  const kept = Object.entries(keep);
  const added = Object.entries(add);
  const setting = [
    ...set.map(([name]) => `#${name} = :new_${name}`),
    ...kept.map(([name]) => `#${name} = if_not_exists(#${name}, :new_${name})`),
  ];
  const asked = [...condition.matchAll(/#([A-Za-z]+)/g)].map(([, name = '']) => name);
  const names = [...Object.keys(fields), ...Object.keys(keep), ...Object.keys(add), ...asked];
  try {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: table,
        Key: keyOf(key),
        ConditionExpression: condition,
        UpdateExpression: [
          setting.length > 0 ? `SET ${setting.join(', ')}` : '',
          removed.length > 0 ? `REMOVE ${removed.map((name) => `#${name}`).join(', ')}` : '',
          added.length > 0 ? `ADD ${added.map(([name]) => `#${name} :new_${name}`).join(', ')}` : '',
        ].join(' '),
        ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ...Object.fromEntries([...set, ...kept, ...added].map(([name, value]) => [`:new_${name}`, value])),
          ...values,
        },
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

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type BackOff, jitteredPause } from '../../domain/back-off.ts';
import { type LedgerKey, runId, sortKeyOf } from '../../domain/ledger.ts';
import { consequenceOf } from './aws-errors.ts';
import { variable } from './environment.ts';
import { systemTime } from './time.ts';

/** The table of the ledger. */
export const table = variable('LEDGER_TABLE');

/** The client that all rows are read and written with. */
export const client = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 6 }), {
  marshallOptions: { removeUndefinedValues: true },
});

/** BatchGetItem takes at most 100 keys. */
const keysPerCall = 100;

/** The pauses before keys are read that a call left unread: the table was throttled. */
const unreadPauses: BackOff = { firstMs: 50, longestMs: 1_000 };

/** Reads rows, strongly consistent and each once; what is not there is left out. */
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

/** One conditional update of a row. Names in the condition that begin with `#` are attributes. */
export interface Update {
  readonly condition: string;
  /** What is set; what is undefined is removed. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What is set if the row does not have it yet. */
  readonly keep?: Readonly<Record<string, unknown>>;
  /** What is added: a number to a number, a set to a set. */
  readonly add?: Readonly<Record<string, unknown>>;
  /** The values that the condition names. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/** Updates a row under a condition. @returns the row as it is then, or undefined if the condition does not hold */
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

/** The key of a row as the table knows it. */
export function keyOf(key: LedgerKey): Record<string, unknown> {
  return { instanceId: key.instanceId, launchedAt: sortKeyOf(key) };
}

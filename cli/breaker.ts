import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DynamoDBDocumentClient, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { breakerKey, type Scope } from '../domain/breaker.ts';
import { source } from '../domain/events.ts';
import { deployedResources, resourceLike } from './verify-aws/stack.ts';

/** How the command reaches AWS. */
export interface Reach {
  readonly dynamoDb: DynamoDBClient;
  readonly events: EventBridgeClient;
  /** The table of the ledger. */
  readonly table: string;
}

/** One breaker as the command shows it. */
export type ShownBreaker = Scope & { readonly state: string; readonly openedAt?: string; readonly probe?: string };

/** Reads every breaker that was ever needed. */
export async function breakers({ dynamoDb, table }: Reach): Promise<readonly ShownBreaker[]> {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  const found: ShownBreaker[] = [];
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      FilterExpression: 'begins_with(instanceId, :breaker)',
      ExpressionAttributeValues: { ':breaker': 'breaker ' },
    },
  );
  for await (const { Items } of pages) found.push(...((Items ?? []) as ShownBreaker[]));
  return found;
}

/** Closes a breaker and tells the bus. @returns whether it was open */
export async function closeBreaker({ dynamoDb, events, table }: Reach, scope: Scope, at: string): Promise<boolean> {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  try {
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: { ...breakerKey(scope) },
        ConditionExpression: '#state = :open',
        UpdateExpression: 'SET #state = :closed REMOVE probe, probeUntil',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':open': 'open', ':closed': 'closed' },
      }),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
  const Detail = JSON.stringify({ ...scope, by: 'an operator', at });
  await events.send(new PutEventsCommand({ Entries: [{ Source: source, DetailType: 'Breaker Closed', Detail }] }));
  return true;
}

async function reach(): Promise<Reach> {
  const { physicalId: table } = resourceLike(await deployedResources(), 'AWS::DynamoDB::Table', 'Ledger');
  return { dynamoDb: new DynamoDBClient(), events: new EventBridgeClient(), table };
}

/** `airlock breaker`: every breaker with its state, one a line. @returns the exit status */
export async function listBreakers(): Promise<number> {
  for (const { cluster, pool, release, state, openedAt = '', probe = '' } of await breakers(await reach()))
    process.stdout.write(`${[state ?? 'closed', cluster, pool, release, openedAt, probe].join('\t').trimEnd()}\n`);
  return 0;
}

/** `airlock breaker close`: closes one. @returns the exit status: 1 where it was not open */
export async function close(cluster: string, pool: string, release: string): Promise<number> {
  const closed = await closeBreaker(await reach(), { cluster, pool, release }, new Date().toISOString());
  process.stdout.write(
    closed
      ? 'closed; nodes that were held are tried once more within minutes, and judged by the policy of their pool\n'
      : `the breaker of ${cluster} ${pool} ${release} is not open; airlock breaker lists all\n`,
  );
  return closed ? 0 : 1;
}

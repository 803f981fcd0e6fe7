import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DynamoDBDocumentClient, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { breakerKey, type Scope } from '../domain/breaker.ts';
import { breakerChanges } from '../domain/breaker-changes.ts';
import { source } from '../domain/events.ts';
import { renderUpdate } from '../domain/update-expression.ts';
import { consequenceOf, type Operation } from '../lambdas/adapters/aws-errors.ts';
import { deployedResources, resourceLike } from './verify-aws/stack.ts';

/** How the command reaches AWS. */
export interface Reach {
  readonly dynamoDb: DynamoDBClient;
  readonly events: EventBridgeClient;
  /** The table of the ledger. */
  readonly table: string;
  /** The bus that Airlock publishes on. */
  readonly bus: string;
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

/**
 * Closes a breaker and tells the bus.
 *
 * @returns whether it was open
 * @throws Error if the ledger or the bus takes nothing from this caller
 */
export async function closeBreaker(
  { dynamoDb, events, table, bus }: Reach,
  scope: Scope,
  at: string,
): Promise<boolean> {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  try {
    await client.send(
      new UpdateCommand({
        TableName: table,
        Key: { ...breakerKey(scope) },
        ...renderUpdate(breakerChanges.close, {}),
      }),
    );
  } catch (error) {
    if (consequenceOf('dynamodb:UpdateItem', error) === 'answer') return false;
    throw isDenied('dynamodb:UpdateItem', error)
      ? new Error(`the breaker stays open: ${error.message}; ${accepted}`)
      : error;
  }
  const Detail = JSON.stringify({ ...scope, by: 'an operator', at });
  const entry = { EventBusName: bus, Source: source, DetailType: 'Breaker Closed', Detail };
  try {
    await events.send(new PutEventsCommand({ Entries: [entry] }));
  } catch (error) {
    if (!isDenied('events:PutEvents', error)) throw error;
    throw new Error(`the breaker is closed, but the audit trail does not say so: ${error.message}; ${accepted}`);
  }
  return true;
}

const accepted = 'accepted: a role that airlock.yaml names under operators';

function isDenied(operation: Operation, error: unknown): error is Error {
  return consequenceOf(operation, error) === 'setup';
}

async function reach(): Promise<Reach> {
  const resources = await deployedResources();
  const { physicalId: table } = resourceLike(resources, 'AWS::DynamoDB::Table', 'Ledger');
  const { physicalId: bus } = resourceLike(resources, 'AWS::Events::EventBus', 'Bus');
  return { dynamoDb: new DynamoDBClient(), events: new EventBridgeClient(), table, bus };
}

/** `airlock breaker`: every breaker with its state, one a line. @returns the exit status */
export async function listBreakers(): Promise<number> {
  for (const { cluster, pool, version, state, openedAt = '', probe = '' } of await breakers(await reach()))
    process.stdout.write(`${[state ?? 'closed', cluster, pool, version, openedAt, probe].join('\t').trimEnd()}\n`);
  return 0;
}

/** `airlock breaker close`: closes one. @returns the exit status: 1 if it was not open */
export async function close(cluster: string, pool: string, version: string): Promise<number> {
  const closed = await closeBreaker(await reach(), { cluster, pool, version }, new Date().toISOString());
  process.stdout.write(
    closed
      ? 'closed; nodes that were held are tried once more within minutes, and judged by the policy of their pool\n'
      : `the breaker of ${cluster} ${pool} ${version} is not open; airlock breaker lists all\n`,
  );
  return closed ? 0 : 1;
}

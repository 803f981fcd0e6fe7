import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { breakerKey, type Scope } from '../domain/breaker.ts';
import { breakerChanges } from '../domain/breaker-changes.ts';
import { renderUpdate } from '../domain/update-expression.ts';
import { consequenceOf, type Operation } from '../lambdas/adapters/aws-errors.ts';
import { BreakersSchema, ClosedBreakerSchema, type ShownBreaker } from './breaker-report.ts';
import { CouldNotLook } from './output/errors.ts';
import { type ExitCode, exitCodes } from './output/exit-codes.ts';
import { printJson } from './output/json.ts';
import { tableLines } from './output/table.ts';
import { print } from './output/text.ts';
import { type OperatorBus, publishAsOperator } from './publish-act.ts';
import { deployedResources, resourceLike } from './verify-aws/stack.ts';

/** The command's access to AWS. */
export interface Reach extends OperatorBus {
  readonly dynamoDb: DynamoDBClient;
  /** The ledger's table name. */
  readonly table: string;
}

/** Reads every breaker record. */
export async function breakers({
  dynamoDb,
  table,
}: Pick<Reach, 'dynamoDb' | 'table'>): Promise<readonly ShownBreaker[]> {
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
  for await (const { Items = [] } of pages) found.push(...Items.map(shown));
  return found;
}

/**
 * Closes a breaker and publishes the event.
 *
 * @returns whether it was open
 * @throws CouldNotLook if the ledger or the bus takes nothing from this caller
 */
export async function closeBreaker(
  { dynamoDb, table, ...bus }: Reach,
  scope: Scope,
  at: string,
  because?: string,
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
      ? new CouldNotLook(`the breaker stays open: ${error.message}; ${accepted}`)
      : error;
  }
  const { cluster, pool, version } = scope;
  try {
    await publishAsOperator(bus, [
      { type: 'Breaker Closed', detail: { at, next: 'retry', cluster, pool, version } },
      {
        type: 'Operator Acted',
        detail: {
          ...{ at, next: 'retry', command: 'breaker close', notProven: [], cluster, pool },
          ...(because === undefined ? {} : { because }),
        },
      },
    ]);
  } catch (error) {
    if (!isDenied('events:PutEvents', error)) throw error;
    throw new CouldNotLook(
      `the breaker is closed, but the audit trail has no event for it: ${error.message}; ${accepted}`,
    );
  }
  return true;
}

const accepted = 'accepted: a role listed under operators in airlock.yaml';

function isDenied(operation: Operation, error: unknown): error is Error {
  return consequenceOf(operation, error) === 'setup';
}

async function reach(): Promise<Reach> {
  const resources = await deployedResources();
  const { physicalId: table } = resourceLike(resources, 'AWS::DynamoDB::Table', 'Ledger');
  const { physicalId: bus } = resourceLike(resources, 'AWS::Events::EventBus', 'Bus');
  return { dynamoDb: new DynamoDBClient(), events: new EventBridgeClient(), sts: new STSClient(), table, bus };
}

/** A breaker record in the ledger. A breaker that was never open has no state yet. */
function shown(item: Readonly<Record<string, unknown>>): ShownBreaker {
  const { cluster, pool, version, state, openedAt, probe } = item;
  return {
    cluster: String(cluster),
    pool: String(pool),
    version: String(version),
    state: state === 'open' ? 'open' : 'closed',
    ...(openedAt === undefined ? {} : { openedAt: String(openedAt) }),
    ...(probe === undefined ? {} : { probe: String(probe) }),
  };
}

const columns = [
  { name: 'state', isWhole: true, cell: ({ state }: ShownBreaker) => state },
  { name: 'cluster', isWhole: true, cell: ({ cluster }: ShownBreaker) => cluster },
  { name: 'pool', isWhole: true, cell: ({ pool }: ShownBreaker) => pool },
  { name: 'version', isWhole: true, cell: ({ version }: ShownBreaker) => version },
  { name: 'opened', cell: ({ openedAt = '' }: ShownBreaker) => openedAt },
  { name: 'tried now', cell: ({ probe = '' }: ShownBreaker) => probe },
] as const;

/** `airlock breaker`: every breaker with its state, one a line. */
export async function listBreakers({ json }: { readonly json: boolean }): Promise<ExitCode> {
  const all = await breakers(await reach());
  if (json) printJson(BreakersSchema, { version: 1, breakers: [...all] });
  else {
    if (all.length === 0) print('no pool has a breaker yet: none had a failure');
    else print(tableLines(columns, all).join('\n'));
  }
  return exitCodes.fine;
}

/** `airlock breaker close`: closes one. One that is not open counts as a finding. */
export async function close(
  scope: Scope,
  { json, because }: { readonly json: boolean; readonly because?: string },
): Promise<ExitCode> {
  const closed = await closeBreaker(await reach(), scope, new Date().toISOString(), because);
  const { cluster, pool, version } = scope;
  if (json) printJson(ClosedBreakerSchema, { version: 1, closed, breaker: { cluster, pool, version } });
  else if (closed)
    print('closed; nodes that were held are tried once more within minutes, by the policy of their pool');
  else print(`the breaker of ${cluster} ${pool} ${version} is not open; npx airlock breaker lists all`);
  return closed ? exitCodes.fine : exitCodes.findings;
}

import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { launchTimeOf, type RunRecord } from '../../domain/ledger.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import { readTrailLine, rebuildRuns, type TrailEvent } from '../../domain/trail.ts';

/** How a command reaches the ledger. It only reads. */
interface LedgerSource {
  readonly dynamoDb: DynamoDBClient;
  /** The table of the ledger. */
  readonly table: string;
}

/** How the command reaches the ledger and the audit log group. It only reads. */
export interface LaunchSource extends LedgerSource {
  readonly logs: CloudWatchLogsClient;
  /** The audit log group. */
  readonly group: string;
  /** The state machine's ARN. */
  readonly stateMachine: string;
}

/**
 * Reads the runs of the latest launch of an instance or a node.
 *
 * @param name an instance id, or a node's name with or without its domain
 * @returns none if the ledger has no such launch
 */
export async function readRuns(source: LedgerSource, name: string): Promise<readonly RunRecord[]> {
  const id = /^i-[0-9a-f]{8,17}$/.test(name) ? name : await instanceOf(source, name);
  if (id === undefined) return [];
  const client = DynamoDBDocumentClient.from(source.dynamoDb);
  const pages = paginateQuery(
    { client },
    {
      TableName: source.table,
      ConsistentRead: true,
      KeyConditionExpression: 'instanceId = :id',
      ExpressionAttributeValues: { ':id': id },
    },
  );
  const runs: RunRecord[] = [];
  for await (const { Items = [] } of pages) runs.push(...Items.flatMap((item) => parseRunRecord(item) ?? []));
  const latest = runs.map(launchTimeOf).toSorted().at(-1);
  return runs.filter((run) => launchTimeOf(run) === latest);
}

/** The instance of the latest launch whose Node has a name. */
async function instanceOf({ dynamoDb, table }: LedgerSource, name: string): Promise<string | undefined> {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      // The launch is kept as JSON.
      FilterExpression: 'contains(#launch, :part)',
      ExpressionAttributeNames: { '#launch': 'launch' },
      ExpressionAttributeValues: { ':part': `"nodeName":${JSON.stringify(name).slice(0, -1)}` },
    },
  );
  const runs: RunRecord[] = [];
  for await (const { Items = [] } of pages) runs.push(...Items.flatMap((item) => parseRunRecord(item) ?? []));
  const own = runs.filter(({ launch }) => launch?.nodeName === name || launch?.nodeName.startsWith(`${name}.`));
  return own.toSorted((one, other) => (one.launchedAt < other.launchedAt ? -1 : 1)).at(-1)?.instanceId;
}

/**
 * Reads the audit trail about an instance or a node, in order: Airlock's events and those of AWS.
 *
 * @param name an instance id, or a node's full name
 * @param since ISO 8601; absent: as far back as the trail goes
 */
export async function readTrail(
  { logs, group }: LaunchSource,
  name: string,
  since?: string,
): Promise<readonly TrailEvent[]> {
  const pages = paginateFilterLogEvents(
    { client: logs },
    {
      logGroupName: group,
      filterPattern: `"${name}"`,
      ...(since === undefined
        ? {}
        : // The times of AWS's events are whole seconds.
          { startTime: Math.floor(Date.parse(since) / 1_000) * 1_000 }),
    },
  );
  const found: TrailEvent[] = [];
  for await (const { events = [] } of pages) {
    found.push(...events.flatMap(({ message = '' }) => readTrailLine(message) ?? []));
  }
  return found.toSorted((one, other) => (one.time < other.time ? -1 : 1));
}

/** The latest launch's runs of an instance or a node, as the audit trail has them: the ledger forgets after 90 days. */
export function runsInTrail(trail: readonly TrailEvent[], name: string): readonly RunRecord[] {
  const runs = rebuildRuns(trail).filter(({ instanceId, launch }) => instanceId === name || launch?.nodeName === name);
  const latest = runs.map(launchTimeOf).toSorted().at(-1);
  return runs.filter((run) => launchTimeOf(run) === latest);
}

import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { RunRecord } from '../../domain/ledger.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import { readTrailLine } from '../../domain/trail.ts';
import type { AuditEvent } from '../explain/story.ts';
import type { Period } from './course.ts';
import type { PeriodReading } from './summarize.ts';

/** How the command reaches the ledger and the audit log group. It only reads. */
export interface PeriodSource {
  readonly dynamoDb: DynamoDBClient;
  readonly logs: CloudWatchLogsClient;
  /** The table of the ledger. */
  readonly table: string;
  /** The audit log group. */
  readonly group: string;
}

/** Reads a period. What cannot be read is named, and the rest is read all the same. */
export async function readPeriod(source: PeriodSource, period: Period): Promise<PeriodReading> {
  const notChecked: { resource: string; reason: string }[] = [];
  const read = async <T>(resource: string, values: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await values;
    } catch (error) {
      notChecked.push({ resource, reason: (error as Error).message });
      return [];
    }
  };
  const [runs, breakerEvents] = await Promise.all([
    read(`the ledger ${source.table}`, readRuns(source, period)),
    read(`the audit log group ${source.group}`, readBreakerEvents(source, period)),
  ]);
  return { runs, breakerEvents, notChecked };
}

async function readRuns({ dynamoDb, table }: PeriodSource, { since, until }: Period): Promise<readonly RunRecord[]> {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  const runs: RunRecord[] = [];
  const pages = paginateScan(
    { client },
    {
      TableName: table,
      // A sort key begins with the launch time. The table also has records about breakers and agents.
      FilterExpression: 'begins_with(instanceId, :instance) AND launchedAt BETWEEN :since AND :until',
      ExpressionAttributeValues: {
        ':instance': 'i-',
        ':since': new Date(since).toISOString(),
        ':until': new Date(until).toISOString(),
      },
    },
  );
  for await (const { Items = [] } of pages) runs.push(...Items.flatMap((item) => parseRunRecord(item) ?? []));
  return runs;
}

async function readBreakerEvents(
  { logs, group }: PeriodSource,
  { since, until }: Period,
): Promise<readonly AuditEvent[]> {
  const pages = paginateFilterLogEvents(
    { client: logs },
    { logGroupName: group, filterPattern: '"Breaker"', startTime: since, endTime: until },
  );
  const found: AuditEvent[] = [];
  for await (const { events = [] } of pages)
    found.push(...events.flatMap(({ message = '' }) => readTrailLine(message) ?? []));
  return found;
}

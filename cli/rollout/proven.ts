import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import { poolNameOf } from '../../domain/ledger.ts';
import type { RolloutScope } from '../../domain/rollout/rollout.ts';
import { parseRunRecord } from '../../domain/run-record.ts';

/**
 * The versions of a runtime that nodes of a pool were released with, as far back as the ledger goes: 90 days.
 *
 * @throws the SDK's error if the ledger cannot be read
 */
export async function listProven(
  dynamoDb: DynamoDBClient,
  TableName: string,
  { cluster, pool, runtime }: RolloutScope,
): Promise<ReadonlySet<string>> {
  const proven = new Set<string>();
  const pages = paginateScan(
    { client: DynamoDBDocumentClient.from(dynamoDb) },
    {
      TableName,
      FilterExpression: 'begins_with(instanceId, :instance) AND #cluster = :cluster AND #ending = :released',
      ExpressionAttributeNames: { '#cluster': 'cluster', '#ending': 'ending' },
      ExpressionAttributeValues: { ':instance': 'i-', ':cluster': cluster, ':released': 'released' },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const run of Items.flatMap((item) => parseRunRecord(item) ?? [])) {
      if (run.request?.runtime === runtime && poolNameOf(run) === pool) proven.add(run.request.version);
    }
  }
  return proven;
}

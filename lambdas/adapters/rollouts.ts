import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import {
  type ReadRollout,
  type Rollout,
  readRolloutItem,
  rolloutChanges,
  rolloutKey,
  rolloutsPartition,
} from '../../domain/rollout/rollout.ts';
import { client, table, updateItem } from './table.ts';

/** Reads every rollout, with strong consistency. */
export async function readRollouts(): Promise<readonly ReadRollout[]> {
  const pages = paginateQuery(
    { client },
    {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'instanceId = :partition',
      ExpressionAttributeValues: { ':partition': rolloutsPartition },
    },
  );
  const found: ReadRollout[] = [];
  for await (const { Items = [] } of pages) {
    found.push(...Items.flatMap((item) => readRolloutItem(item) ?? []));
  }
  return found;
}

/**
 * Records a rollout over what was read.
 *
 * @param was its revision as it was read; 0 if there was no record
 * @returns whether it succeeded: false if another pass changed the record since
 */
export async function recordRollout(rollout: Rollout, was: number): Promise<boolean> {
  const values = { rollout: JSON.stringify(rollout), revision: was + 1 };
  const item = await (was === 0
    ? updateItem(rolloutKey(rollout), rolloutChanges.startRollout, values)
    : updateItem(rolloutKey(rollout), rolloutChanges.recordRollout, { ...values, was }));
  return item !== undefined;
}

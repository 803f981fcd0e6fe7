import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { RunRecord } from '../../domain/ledger.ts';
import { type ReadRollout, readRolloutItem, rolloutsPartition } from '../../domain/rollout/rollout.ts';
import { parseRunRecord } from '../../domain/run-record.ts';
import type { SurveyedNode } from '../../domain/survey.ts';
import { type SeenInstance, taggedInstances } from '../../lambdas/adapters/instances.ts';
import { surveyOf } from '../../lambdas/adapters/surveyor.ts';
import { breakers } from '../breaker.ts';
import type { FleetReading } from './fleet.ts';

/** How long a survey of one cluster may take, in milliseconds. */
const surveyBudgetMs = 60_000;

/** How the command reaches the ledger, EC2 and the clusters. It only reads. */
export interface FleetSource {
  readonly dynamoDb: DynamoDBClient;
  readonly ec2: EC2Client;
  readonly lambda: LambdaClient;
  /** The table of the ledger. */
  readonly table: string;
  /** The function of each cluster by the cluster's name; undefined if the stack has none. */
  readonly functions: ReadonlyMap<string, string | undefined>;
}

/**
 * Reads the fleet. A cluster that cannot be surveyed is named, and so is EC2, and the rest is read all the same.
 *
 * @throws the SDK's error if the ledger cannot be read
 */
export async function readFleet({ dynamoDb, ec2, lambda, table, functions }: FleetSource): Promise<FleetReading> {
  const surveys = new Map<string, readonly SurveyedNode[]>();
  const notChecked: { resource: string; reason: string }[] = [];
  const survey = async ([cluster, name]: readonly [string, string | undefined]) => {
    try {
      if (name === undefined)
        throw new Error('the deployed stack has no function of it; accepted: a cluster that was deployed');
      const nodes: SurveyedNode[] = [];
      for await (const page of surveyOf(name, surveyBudgetMs, lambda)) nodes.push(...page);
      surveys.set(cluster, nodes);
    } catch (error) {
      notChecked.push({ resource: `cluster ${cluster}`, reason: (error as Error).message });
    }
  };
  const [{ runs, rollouts }, found, instances] = await Promise.all([
    readLedger(dynamoDb, table),
    breakers({ dynamoDb, table }),
    readInstances(ec2).catch((error: Error) => {
      notChecked.push({ resource: 'the instances in EC2', reason: error.message });
    }),
    ...[...functions].map(survey),
  ]);
  return { runs, rollouts, surveys, breakers: found, notChecked, ...(instances === undefined ? {} : { instances }) };
}

/** The instances that Airlock manages, by their ids. */
async function readInstances(ec2: EC2Client): Promise<ReadonlyMap<string, SeenInstance>> {
  const found = new Map<string, SeenInstance>();
  for await (const page of taggedInstances(ec2)) for (const one of page) found.set(one.instanceId, one);
  return found;
}

async function readLedger(
  dynamoDb: DynamoDBClient,
  TableName: string,
): Promise<{ readonly runs: readonly RunRecord[]; readonly rollouts: readonly ReadRollout[] }> {
  const client = DynamoDBDocumentClient.from(dynamoDb);
  const runs: RunRecord[] = [];
  const rollouts: ReadRollout[] = [];
  const pages = paginateScan(
    { client },
    {
      TableName,
      // The table also has records about breakers and agents.
      FilterExpression: 'begins_with(instanceId, :instance) OR instanceId = :rollouts',
      ExpressionAttributeValues: { ':instance': 'i-', ':rollouts': rolloutsPartition },
    },
  );
  for await (const { Items = [] } of pages) {
    for (const item of Items) {
      if (item['instanceId'] === rolloutsPartition) rollouts.push(...[readRolloutItem(item) ?? []].flat());
      else runs.push(...[parseRunRecord(item) ?? []].flat());
    }
  }
  return { runs, rollouts };
}

import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { Finding } from './finding.ts';
import { deployedResources, resourceLike } from './stack.ts';

/** Longer than the default deadline, so that a failure is seen as what it is. */
const patienceMs = 25 * 60_000;
const lookEveryMs = 10_000;

/**
 * Launches one instance from a launch template, waits until the ledger knows how it ended, and terminates it whatever came of it.
 *
 * @param launchTemplate its name or id; its instances must bear Airlock's tag and be born with the gate
 */
export async function canary(launchTemplate: string): Promise<readonly Finding[]> {
  const ec2 = new EC2Client();
  const table = resourceLike(await deployedResources(), 'AWS::DynamoDB::Table').physicalId;
  const template = launchTemplate.startsWith('lt-')
    ? { LaunchTemplateId: launchTemplate }
    : { LaunchTemplateName: launchTemplate };
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ LaunchTemplate: template, MinCount: 1, MaxCount: 1 }),
  );
  const instanceId = Instances[0]?.InstanceId;
  if (instanceId === undefined) return [{ ok: false, text: 'RunInstances answered without an instance' }];
  process.stdout.write(`  launched ${instanceId}\n`);
  try {
    const outcome = await endOf(table, instanceId);
    const ok = outcome === 'released' || outcome === 'already-installed';
    return [{ ok, text: `${instanceId} ended as ${outcome ?? 'nothing: it was not seen at all'}` }];
  } finally {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  }
}

async function endOf(TableName: string, instanceId: string): Promise<string | undefined> {
  const client = new DynamoDBClient();
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'instanceId = :id',
        ExpressionAttributeValues: { ':id': { S: instanceId } },
      }),
    );
    const outcome = Items.find((item) => item['outcome'] !== undefined)?.['outcome']?.S;
    if (outcome) return outcome;
    await sleep(lookEveryMs);
  }
  return undefined;
}

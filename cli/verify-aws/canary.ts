import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { EC2Client, RunInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import * as v from 'valibot';
import { phaseTable } from '../../domain/launch-phases.ts';
import { type Receipt, ReceiptSchema } from '../../domain/receipt.ts';
import type { CheckResult } from './check-result.ts';
import { deployedResources, resourceLike } from './stack.ts';

/** Longer than the default deadline, so that a failure shows with its own outcome. */
const patienceMs = 25 * 60_000;
const pollIntervalMs = 10_000;

/**
 * Launches one instance from a launch template, waits until the ledger has its end, and terminates it in any case.
 *
 * @param launchTemplate its name or id; its instances need Airlock's tag and the gate
 */
export async function canary(launchTemplate: string): Promise<readonly CheckResult[]> {
  const ec2 = new EC2Client();
  const table = resourceLike(await deployedResources(), 'AWS::DynamoDB::Table').physicalId;
  const template = launchTemplate.startsWith('lt-')
    ? { LaunchTemplateId: launchTemplate }
    : { LaunchTemplateName: launchTemplate };
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({ LaunchTemplate: template, MinCount: 1, MaxCount: 1 }),
  );
  const instanceId = Instances[0]?.InstanceId;
  if (instanceId === undefined) return [{ ok: false, text: 'RunInstances returned no instance' }];
  process.stdout.write(`  launched ${instanceId}\n`);
  try {
    return judgeEnd(instanceId, await endOf(table, instanceId));
  } finally {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
  }
}

/** How a canary ended, as recorded in the ledger. */
export interface CanaryEnd {
  readonly outcome: string;
  /** JSON; undefined if the ledger has none. */
  readonly receipt: string | undefined;
}

/**
 * Reports a canary's end: whether it was released, and the phases of its launch as the bench prints them.
 *
 * @param end undefined if the ledger had no end in time
 */
export function judgeEnd(instanceId: string, end: CanaryEnd | undefined): readonly CheckResult[] {
  const ok = end?.outcome === 'released' || end?.outcome === 'already-installed';
  const text = `${instanceId} ended as ${end?.outcome ?? 'nothing: the ledger has no end for it'}`;
  const receipt = readReceipt(end?.receipt);
  const findings: CheckResult[] = [{ ok, text }];
  if (receipt !== undefined)
    findings.push({ ok: true, text: ['the phases of its launch', ...phaseTable([receipt])].join('\n      ') });
  else if (end !== undefined) findings.push({ ok: false, text: 'the ledger has no readable receipt for it' });
  return findings;
}

function readReceipt(text: string | undefined): Receipt | undefined {
  try {
    const read = v.safeParse(ReceiptSchema, JSON.parse(text ?? ''));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

async function endOf(TableName: string, instanceId: string): Promise<CanaryEnd | undefined> {
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
    const ended = Items.find((item) => item['outcome'] !== undefined);
    const outcome = ended?.['outcome']?.S;
    if (outcome) return { outcome, receipt: ended?.['receipt']?.S };
    await sleep(pollIntervalMs);
  }
  return undefined;
}

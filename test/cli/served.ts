import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { onTestFinished } from 'vitest';
import type { LaunchSource } from '../../cli/explain/read-launch.ts';
import type { Simulation } from '../../packages/lab/simulation.ts';
import { serve } from '../../packages/local-aws/server.ts';

/**
 * Serves the account of a simulation until the test ends.
 *
 * @returns what the command reads, and the environment of a shell
 */
export async function served(world: Simulation): Promise<{ source: LaunchSource; environment: NodeJS.ProcessEnv }> {
  const { environment, credentials, url, close } = await serve(world.cloud);
  onTestFinished(close);
  const config = { endpoint: url, region: environment['AWS_REGION'] ?? '', credentials };
  const source = {
    dynamoDb: new DynamoDBClient(config),
    logs: new CloudWatchLogsClient(config),
    table: world.cloud.resource('Ledger/Table/Resource').ref,
    group: world.cloud.resource('Audit/Trail/Resource').ref,
    stateMachine: world.cloud.resource('Workflow/StateMachine/Resource').ref,
  };
  return { source, environment: { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment } };
}

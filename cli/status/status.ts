import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { loadSettings } from '../../lib/config/settings.ts';
import { UsageError } from '../output/errors.ts';
import { type ExitCode, exitCodes } from '../output/exit-codes.ts';
import { printJson } from '../output/json.ts';
import { type DeployedResource, deployedResources, resourceLike } from '../verify-aws/stack.ts';
import { type Fleet, FleetSchema, fleetOf, isHealthy } from './fleet.ts';
import { printFleet } from './print.ts';
import { readFleet } from './read-fleet.ts';

/** How often `--watch` looks again, in milliseconds. */
const watchEveryMs = 5_000;

/** What `airlock status` is asked for. */
export interface StatusOptions {
  readonly watch: boolean;
  readonly json: boolean;
  readonly config?: string;
}

/** `airlock status`: the fleet by pool. A node that needs a person, or an open breaker, counts as a finding. */
export async function status(options: StatusOptions): Promise<ExitCode> {
  if (options.watch && options.json) {
    throw new UsageError("option '--watch' is given with '--json'; accepted: one of them");
  }
  const { config } = loadSettings({ config: options.config });
  const resources = await deployedResources();
  const source = {
    dynamoDb: new DynamoDBClient(),
    lambda: new LambdaClient(),
    table: resourceLike(resources, 'AWS::DynamoDB::Table', 'Ledger').physicalId,
    functions: new Map(config.clusters.map(({ name }) => [name, functionOf(name, resources)])),
  };
  for (;;) {
    const fleet = fleetOf(await readFleet(source), Date.now());
    if (options.json) printJson(FleetSchema, fleet);
    else {
      if (options.watch && process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
      printFleet(fleet);
    }
    if (!options.watch) return exitCodeOf(fleet);
    await setTimeout(watchEveryMs);
  }
}

/** What is known to be wrong comes before what is not known. */
function exitCodeOf(fleet: Fleet): ExitCode {
  if (!isHealthy(fleet)) return exitCodes.findings;
  return fleet.notChecked.length > 0 ? exitCodes.couldNotLook : exitCodes.fine;
}

/** The function of a cluster. A logical id has only the letters and digits of the construct's name. */
function functionOf(cluster: string, resources: readonly DeployedResource[]): string | undefined {
  const beginning = `Cluster${cluster.replace(/[^A-Za-z0-9]/g, '')}ClusterFunction`;
  const own = resources.find(
    ({ type, logicalId }) => type === 'AWS::Lambda::Function' && logicalId.startsWith(beginning),
  );
  return own?.physicalId;
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { type DeployedResource, deployedResources, resourceLike } from '../verify-aws/stack.ts';
import type { FleetSource } from './read-fleet.ts';

/** How the deployed stack's ledger and clusters are reached. */
export async function connectFleet({
  clusters,
}: {
  readonly clusters: readonly { readonly name: string }[];
}): Promise<FleetSource> {
  const resources = await deployedResources();
  return {
    dynamoDb: new DynamoDBClient(),
    ec2: new EC2Client(),
    lambda: new LambdaClient(),
    table: resourceLike(resources, 'AWS::DynamoDB::Table', 'Ledger').physicalId,
    functions: new Map(clusters.map(({ name }) => [name, functionOf(name, resources)])),
  };
}

/** The function of a cluster. A logical id has only the letters and digits of the construct's name. */
function functionOf(cluster: string, resources: readonly DeployedResource[]): string | undefined {
  const beginning = `Cluster${cluster.replace(/[^A-Za-z0-9]/g, '')}ClusterFunction`;
  const own = resources.find(
    ({ type, logicalId }) => type === 'AWS::Lambda::Function' && logicalId.startsWith(beginning),
  );
  return own?.physicalId;
}

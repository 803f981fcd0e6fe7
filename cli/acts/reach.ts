import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type DeployedResource, deployedResources, resourceLike } from '../verify-aws/stack.ts';

/** How a command that acts reaches AWS, and as whom. */
export interface ActReach {
  readonly cloudFormation: CloudFormationClient;
  readonly dynamoDb: DynamoDBClient;
  readonly ec2: EC2Client;
  readonly lambda: LambdaClient;
  readonly ssm: SSMClient;
  readonly events: EventBridgeClient;
  readonly sts: STSClient;
  /** The ledger's table name. */
  readonly table: string;
  /** The name of the bus that Airlock publishes on. */
  readonly bus: string;
  /** The name of the function `reconcile`. */
  readonly reconcile: string;
  /** The ARN of the caller, as STS reports it. */
  readonly by: string;
  readonly resources: readonly DeployedResource[];
}

/** What every client is made with. */
interface ClientSettings {
  readonly endpoint?: string;
  readonly region?: string;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/**
 * Finds the deployed stack and the caller.
 *
 * @param settings of every client; by default what the AWS command line would use
 * @throws the SDK's error if there is no stack, or if the caller may not look at it
 */
export async function openReach(settings: ClientSettings = {}): Promise<ActReach> {
  const sts = new STSClient(settings);
  const cloudFormation = new CloudFormationClient(settings);
  const [resources, { Arn: by = '' }] = await Promise.all([
    deployedResources(cloudFormation),
    sts.send(new GetCallerIdentityCommand({})),
  ]);
  return {
    cloudFormation,
    dynamoDb: new DynamoDBClient(settings),
    ec2: new EC2Client(settings),
    events: new EventBridgeClient(settings),
    lambda: new LambdaClient(settings),
    // SendCommand has no idempotency token: after a lost answer, the command may have been sent.
    ssm: new SSMClient({ ...settings, maxAttempts: 1 }),
    sts,
    table: resourceLike(resources, 'AWS::DynamoDB::Table', 'Ledger').physicalId,
    bus: resourceLike(resources, 'AWS::Events::EventBus', 'Bus').physicalId,
    reconcile: resourceLike(resources, 'AWS::Lambda::Function', 'ReconcileFunction').physicalId,
    by,
    resources,
  };
}

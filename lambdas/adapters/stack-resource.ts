import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { consequenceOf } from './aws-errors.ts';
import { whileSpreading } from './spread.ts';

const client = new CloudFormationClient({ maxAttempts: 6 });

/** Reads a stack resource's status from CloudFormation; undefined if there is no such resource. */
export async function resourceStatus(where: {
  /** The ARN of the stack. */
  readonly stackId: string;
  readonly logicalId: string;
}): Promise<string | undefined> {
  const ask = () =>
    client.send(new DescribeStackResourceCommand({ StackName: where.stackId, LogicalResourceId: where.logicalId }));
  try {
    const { StackResourceDetail: detail } = await whileSpreading('cloudformation:DescribeStackResource', ask);
    return detail?.ResourceStatus;
  } catch (error) {
    if (consequenceOf('cloudformation:DescribeStackResource', error) === 'answer') return undefined;
    throw error;
  }
}

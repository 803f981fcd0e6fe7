import { CloudFormationClient, DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation';
import { whileSpreading } from './spread.ts';

const client = new CloudFormationClient({ maxAttempts: 6 });

/** The status that CloudFormation has of a resource of a stack; undefined where it has no such resource. */
export async function resourceStatus(where: {
  /** The ARN of the stack. */
  readonly stackId: string;
  readonly logicalId: string;
}): Promise<string | undefined> {
  const ask = () =>
    client.send(new DescribeStackResourceCommand({ StackName: where.stackId, LogicalResourceId: where.logicalId }));
  try {
    const { StackResourceDetail: detail } = await whileSpreading(ask, (error) => codeOf(error) === 'AccessDenied');
    return detail?.ResourceStatus;
  } catch (error) {
    if (codeOf(error) === 'ValidationError') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

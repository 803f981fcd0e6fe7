import { setTimeout } from 'node:timers/promises';
import { DeleteStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import type { Config } from '../../lib/config/schema.ts';
import { CouldNotLook } from '../output/errors.ts';
import { publishAct } from '../publish-act.ts';
import { resourceLike, stackName } from '../verify-aws/stack.ts';
import type { ActReach } from './reach.ts';

/** How often CloudFormation is asked, in milliseconds. */
const everyMs = 2_000;

/**
 * How long a deletion may take, in milliseconds. A function in a VPC keeps its network interfaces for up to 20 minutes.
 */
const patienceMs = 45 * 60_000;

/** What removes Airlock from an account, in its order. */
export interface RemovalPlan {
  readonly steps: readonly string[];
  /** What stays, and how it is removed. */
  readonly left: readonly string[];
}

/** Plans the removal of Airlock after its last node. */
export function planRemoval({ resources }: Pick<ActReach, 'resources'>, manifests: Config['manifests']): RemovalPlan {
  const { physicalId: group } = resourceLike(resources, 'AWS::Logs::LogGroup', 'Audit');
  const byHand = manifests === 'manual';
  const mirror = resources.find(({ type, logicalId }) => type === 'AWS::S3::Bucket' && logicalId.startsWith('Mirror'));
  return {
    steps: [
      '1. Take the gate out of your pools yourself. Otherwise new nodes wait behind it for ever.',
      '2. Each node: its gate closes, and its runtime is uninstalled. Pods that use it block this.',
      `3. The stack ${stackName} is deleted, with the ledger${byHand ? '' : ' and what it applied to the clusters'}.`,
    ],
    left: [
      `the log group of the audit trail, until its events expire: aws logs delete-log-group --log-group-name ${group}`,
      ...(mirror === undefined
        ? []
        : [`the mirror, until you empty it with every version: aws s3 rb s3://${mirror.physicalId}`]),
      'the closed gates of nodes: replace the nodes',
      ...(byHand ? ['the objects in the clusters: airlock manifests | kubectl delete -f -'] : []),
    ],
  };
}

/**
 * Deletes the stack, and waits until it is gone. The act is published first: the bus goes with the stack.
 *
 * @throws CouldNotLook if the stack cannot be deleted, with CloudFormation's reason
 */
export async function removeStack(reach: ActReach, because: string): Promise<void> {
  const at = new Date().toISOString();
  await publishAct(reach, { at, next: 'nothing', command: 'uninstall', because, notProven: [] });
  await reach.cloudFormation.send(new DeleteStackCommand({ StackName: stackName }));
  const until = Date.now() + patienceMs;
  while (Date.now() < until) {
    const { status, reason } = await statusOf(reach);
    if (status === 'gone') return;
    if (status === 'DELETE_FAILED') throw new CouldNotLook(`the stack ${stackName} cannot be deleted: ${reason}`);
    await setTimeout(everyMs);
  }
  throw new CouldNotLook(
    `the stack ${stackName} is still being deleted; its page in the CloudFormation console has more`,
  );
}

async function statusOf({ cloudFormation }: ActReach): Promise<{ readonly status: string; readonly reason: string }> {
  try {
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
    const [stack] = Stacks;
    return { status: stack?.StackStatus ?? 'gone', reason: stack?.StackStatusReason ?? '' };
  } catch (error) {
    if (isNotDeployed(error)) return { status: 'gone', reason: '' };
    throw error;
  }
}

/** Opens the reach of an act; undefined if there is no stack. @throws what opening it throws otherwise */
export async function openIfDeployed(open: () => Promise<ActReach>): Promise<ActReach | undefined> {
  try {
    return await open();
  } catch (error) {
    if (isNotDeployed(error)) return undefined;
    throw error;
  }
}

/** CloudFormation does not know a stack that is gone by its name any more. */
function isNotDeployed(error: unknown): boolean {
  const { name, message } = error as Error;
  return name === 'ValidationError' && message.includes('does not exist');
}

import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { Node } from '../../domain/node.ts';

const ec2 = new EC2Client({ maxAttempts: 6 });
const autoScaling = new AutoScalingClient({ maxAttempts: 6 });

/** What Auto Scaling answers where no hook waits for the instance any more, or yet. */
const nothingWaits = 'No active Lifecycle Action found';

/** Terminates an instance. Doing it again does no harm. */
export async function terminate(instanceId: string): Promise<void> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceId] }));
}

/** Has an Auto Scaling group terminate an instance of its own and launch another. */
export async function terminateInGroup(instanceId: string): Promise<void> {
  await autoScaling.send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instanceId, ShouldDecrementDesiredCapacity: false }),
  );
}

/** Answers the launch hook that waits for an instance. @returns whether one waited */
export async function completeHook(
  instanceId: string,
  { name, group }: NonNullable<Node['hook']>,
  result: 'CONTINUE' | 'ABANDON',
): Promise<boolean> {
  try {
    await autoScaling.send(
      new CompleteLifecycleActionCommand({
        AutoScalingGroupName: group,
        LifecycleHookName: name,
        InstanceId: instanceId,
        LifecycleActionResult: result,
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes(nothingWaits)) return false;
    throw error;
  }
}

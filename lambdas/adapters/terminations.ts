import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { EC2Client, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { Launch } from '../../domain/launch.ts';
import { unlessDone } from './aws-errors.ts';

const ec2 = new EC2Client({ maxAttempts: 6 });
const autoScaling = new AutoScalingClient({ maxAttempts: 6 });

/** Terminates an instance. Repeating this is harmless, and it succeeds if the instance is gone. */
export async function terminate(instanceId: string): Promise<void> {
  const ending = new TerminateInstancesCommand({ InstanceIds: [instanceId] });
  await unlessDone('ec2:TerminateInstances', () => ec2.send(ending));
}

/** Makes an Auto Scaling group terminate its instance and launch another. */
export async function terminateInGroup(instanceId: string): Promise<void> {
  await autoScaling.send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instanceId, ShouldDecrementDesiredCapacity: false }),
  );
}

/** Completes the launch hook that waits for an instance. @returns whether one was waiting */
export async function completeHook(
  instanceId: string,
  { name, group }: NonNullable<Launch['hook']>,
  result: 'CONTINUE' | 'ABANDON',
): Promise<boolean> {
  const completion = new CompleteLifecycleActionCommand({
    AutoScalingGroupName: group,
    LifecycleHookName: name,
    InstanceId: instanceId,
    LifecycleActionResult: result,
  });
  const answer = await unlessDone('autoscaling:CompleteLifecycleAction', () => autoScaling.send(completion));
  return answer !== undefined;
}

import { CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { consequenceOf } from './aws-errors.ts';

const client = new EC2Client({ maxAttempts: 5 });

/** CreateTags accepts at most 1,000 resources in a call. */
const instancesPerCall = 1_000;

/**
 * Sets the same tags on instances. One instance that is gone or has 50 tags fails the whole call. So a call that
 * such an instance may have failed is split in halves until it names only that instance, which stays as it is.
 *
 * @throws the SDK's error if the call fails for another reason
 */
export async function tagInstances(
  instanceIds: readonly string[],
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const left: (readonly string[])[] = [];
  for (let from = 0; from < instanceIds.length; from += instancesPerCall)
    left.push(instanceIds.slice(from, from + instancesPerCall));
  for (let ids = left.pop(); ids !== undefined; ids = left.pop()) {
    try {
      await client.send(new CreateTagsCommand({ Resources: [...ids], Tags }));
    } catch (error) {
      if (consequenceOf('ec2:CreateTags', error) !== 'answer') throw error;
      const middle = ids.length >> 1;
      if (middle > 0) left.push(ids.slice(0, middle), ids.slice(middle));
    }
  }
}

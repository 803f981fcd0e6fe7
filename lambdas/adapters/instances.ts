import { EC2Client, type Instance, paginateDescribeInstances, type Reservation } from '@aws-sdk/client-ec2';
import { runtimeTag, type Tags } from '../../domain/tags.ts';

const client = new EC2Client({ maxAttempts: 5 });

/** One EC2 instance, as far as admission asks. */
export interface SeenInstance {
  readonly instanceId: string;
  readonly state: string;
  /** ISO 8601. */
  readonly launchedAt: string;
  readonly availabilityZone: string;
  readonly privateDnsName: string;
  /** The ARN of its instance profile; undefined if it has none. */
  readonly instanceProfile: string | undefined;
  readonly tags: Tags;
}

/**
 * Looks instances up by filter: a filter answers with those it knows, while a look-up by id fails for all when one is unknown.
 *
 * @param ids up to 200 instance ids, the most that one filter takes
 */
export async function instancesOf(ids: readonly string[]): Promise<SeenInstance[]> {
  const seen: SeenInstance[] = [];
  const Filters = [{ Name: 'instance-id', Values: [...ids] }];
  for await (const page of paginateDescribeInstances({ client }, { Filters })) seen.push(...instancesIn(page));
  return seen;
}

/** DescribeInstances shows at most a thousand instances a page. */
const pageSize = 1_000;

/**
 * Every instance that has our tag, page by page, in whatever state: EC2 shows one for about an hour after its end. An instance that is launched
 * or terminated meanwhile may be missed or told twice.
 */
export async function* taggedInstances(): AsyncGenerator<SeenInstance[]> {
  const Filters = [{ Name: 'tag-key', Values: [runtimeTag] }];
  for await (const page of paginateDescribeInstances({ client, pageSize }, { Filters })) yield instancesIn(page);
}

function instancesIn({ Reservations = [] }: { readonly Reservations?: Reservation[] | undefined }): SeenInstance[] {
  return Reservations.flatMap(({ Instances = [] }) => Instances.flatMap(read));
}

function read(instance: Instance): SeenInstance[] {
  if (!instance.InstanceId || !instance.LaunchTime) return [];
  const tags = (instance.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''] as const);
  return [
    {
      instanceId: instance.InstanceId,
      state: instance.State?.Name ?? 'unknown',
      launchedAt: instance.LaunchTime.toISOString(),
      availabilityZone: instance.Placement?.AvailabilityZone ?? '',
      privateDnsName: instance.PrivateDnsName ?? '',
      instanceProfile: instance.IamInstanceProfile?.Arn,
      tags: Object.fromEntries(tags),
    },
  ];
}

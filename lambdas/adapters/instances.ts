import { EC2Client, type Instance, paginateDescribeInstances, type Reservation } from '@aws-sdk/client-ec2';
import { runtimeTag, type Tags } from '../../domain/tags.ts';

const ownClient = new EC2Client({ maxAttempts: 5 });

/** One EC2 instance, with what admission needs. */
export interface SeenInstance {
  readonly instanceId: string;
  readonly state: string;
  /** ISO 8601. */
  readonly launchedAt: string;
  readonly availabilityZone: string;
  readonly privateDnsName: string;
  /** The ARN of its instance profile; undefined if it has none. */
  readonly instanceProfile: string | undefined;
  readonly imageId: string | undefined;
  readonly tags: Tags;
}

/**
 * Reads instances by filter. A filter returns the instances that exist, while a request by ID fails completely if one
 * is unknown.
 *
 * @param ids up to 200 instance IDs, the limit of one filter
 * @param client another client than the functions' own
 */
export async function instancesOf(ids: readonly string[], client = ownClient): Promise<SeenInstance[]> {
  const seen: SeenInstance[] = [];
  const Filters = [{ Name: 'instance-id', Values: [...ids] }];
  for await (const page of paginateDescribeInstances({ client }, { Filters })) seen.push(...instancesIn(page));
  return seen;
}

/** The page limit of DescribeInstances. */
const pageSize = 1_000;

/**
 * Reads every instance with the tag `airlock:runtime`, page by page, in any state: EC2 lists an instance for about an
 * hour after its end. An instance that is launched or terminated in the meantime may be missed or occur twice.
 *
 * @param client another client than the functions' own
 */
export async function* taggedInstances(client = ownClient): AsyncGenerator<SeenInstance[]> {
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
      imageId: instance.ImageId,
      tags: Object.fromEntries(tags),
    },
  ];
}

import {
  AutoScalingClient,
  type AutoScalingGroup,
  DescribeLifecycleHooksCommand,
  paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling';
import { DescribeImagesCommand, DescribeLaunchTemplateVersionsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DescribeNodegroupCommand, EKSClient, paginateListNodegroups } from '@aws-sdk/client-eks';
import type { FoundDocument } from '../../../domain/doctor/templates/aws-output.ts';
import { at, listAt, textAt } from '../../../domain/doctor/templates/read.ts';
import { clusterOf } from '../../../domain/tags.ts';
import { unlessMissing } from './missing.ts';

const autoScaling = new AutoScalingClient();
const ec2 = new EC2Client();
const eks = new EKSClient();

/** The source of a document that was read from AWS. */
const source = 'AWS';

/** The tag of the Auto Scaling group that a managed node group makes. */
const managedTag = 'eks:nodegroup-name';

/**
 * Reads the groups of some clusters, as the AWS command line prints them. A cluster that EKS does not know has no
 * managed node group.
 */
export async function readGroupDocuments(clusters: readonly string[]): Promise<readonly FoundDocument[]> {
  const [groups, nodeGroups] = await Promise.all([autoScalingGroups(clusters), managedNodeGroups(clusters)]);
  const references = [
    ...groups.map((group) => {
      const mixed = at(group, 'MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification');
      return at(group, 'LaunchTemplate') ?? mixed;
    }),
    ...nodeGroups.map((group) => at(group, 'launchTemplate')),
  ];
  const versions = (await Promise.all(distinct(references).map(launchTemplateVersions))).flat();
  const images = await imagesOf(versions.flatMap((one) => textAt(one, 'LaunchTemplateData', 'ImageId') ?? []));
  const names = [
    ...groups.flatMap(({ AutoScalingGroupName: name }) => name ?? []),
    ...nodeGroups.flatMap((group) =>
      listAt(group, 'resources', 'autoScalingGroups').flatMap((one) => textAt(one, 'name') ?? []),
    ),
  ];
  const hooks = (await Promise.all(names.map(hooksOf))).flat();
  const documents = [
    { AutoScalingGroups: groups },
    { LaunchTemplateVersions: versions },
    { LifecycleHooks: hooks },
    { Images: images },
    ...nodeGroups.map((nodegroup) => ({ nodegroup })),
  ];
  return documents.map((document) => ({ document, source }));
}

async function autoScalingGroups(clusters: readonly string[]): Promise<readonly AutoScalingGroup[]> {
  const found: AutoScalingGroup[] = [];
  for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client: autoScaling }, {})) {
    found.push(
      ...AutoScalingGroups.filter(({ Tags = [] }) => {
        const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
        return clusters.includes(clusterOf(tags) ?? '') && !(managedTag in tags);
      }),
    );
  }
  return found;
}

async function managedNodeGroups(clusters: readonly string[]): Promise<readonly unknown[]> {
  const named = await Promise.all(
    clusters.map(async (clusterName) => {
      const names = await unlessMissing(namesOf(clusterName), []);
      return Promise.all(
        names.map(async (nodegroupName) => {
          const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }));
          return nodegroup;
        }),
      );
    }),
  );
  return named.flat();
}

async function namesOf(clusterName: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { nodegroups = [] } of paginateListNodegroups({ client: eks }, { clusterName }))
    names.push(...nodegroups);
  return names;
}

/** The version of a launch template that a group refers to. Without a number it is the default one. */
async function launchTemplateVersions(reference: unknown): Promise<readonly unknown[]> {
  const id = textAt(reference, 'LaunchTemplateId') ?? textAt(reference, 'id');
  const version = textAt(reference, 'Version') ?? textAt(reference, 'version') ?? '$Default';
  if (id === undefined) return [];
  const asked = new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: id, Versions: [version] });
  const found = await unlessMissing(ec2.send(asked), undefined);
  return found?.LaunchTemplateVersions ?? [];
}

/** The names of images. One that was deregistered, or that belongs to another account, is absent. */
async function imagesOf(ids: readonly string[]): Promise<readonly object[]> {
  const wanted = [...new Set(ids.filter((id) => id.startsWith('ami-')))];
  if (wanted.length === 0) return [];
  const Filters = [{ Name: 'image-id', Values: wanted }];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Filters }));
  return Images.map(({ ImageId, Name }) => ({ ImageId, Name }));
}

async function hooksOf(AutoScalingGroupName: string): Promise<readonly object[]> {
  const { LifecycleHooks = [] } = await autoScaling.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }));
  return LifecycleHooks;
}

function distinct(references: readonly unknown[]): readonly unknown[] {
  return [...new Map(references.map((one) => [JSON.stringify(one), one])).values()];
}

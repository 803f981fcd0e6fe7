import { poolLabel } from '../../../domain/kubernetes.ts';
import { clusterTag, runtimeTag } from '../../../domain/tags.ts';
import { at, gatingKeys, isMetal, listAt, textAt } from './read.ts';
import type { Declared, PoolTemplate, ProfileName } from './template.ts';
import { readUserData } from './user-data.ts';

/** The data of a launch template as EC2 has it, or why it is not known. */
export type LaunchTemplate = { readonly name: string; readonly data: unknown } | { readonly unknown: string };

/** What two kinds of group share: where the group was found, and its launch template. */
interface FoundGroup {
  readonly group: unknown;
  readonly source: string;
  readonly launchTemplate: LaunchTemplate;
}

/** The prefix of the tags by which the Cluster Autoscaler knows an empty Auto Scaling group. Source: Cluster Autoscaler on AWS, README. */
const nodeTemplate = 'k8s.io/cluster-autoscaler/node-template';

/** The template of an Auto Scaling group, with the fields that EC2 Auto Scaling and CloudFormation share. */
export function autoScalingGroupPool(name: string, { group, source, launchTemplate }: FoundGroup): PoolTemplate {
  const tags = listAt(group, 'Tags');
  const tag = (key: string) => tags.find((one) => textAt(one, 'Key') === key);
  const runtime = tag(runtimeTag);
  const reaches = textAt(runtime, 'PropagateAtLaunch') === 'true';
  const inTemplate = launchTemplateField(launchTemplate);
  const propagated = { field: 'Tags', value: textAt(runtime, 'Value') };
  const templateLabel = tag(`${nodeTemplate}/label/${poolLabel}`);
  return {
    resource: `Auto Scaling group ${name} in ${source}`,
    kind: 'Auto Scaling group',
    name,
    cluster: clusterIn(tags),
    tag: reaches ? propagated : inTemplate('TagSpecifications', instanceTag),
    ...(runtime === undefined || reaches ? {} : { strandedTag: 'Tags' }),
    taintsAtBirth: inTemplate('UserData', (data) => userDataOf(data).taints),
    label: { field: 'Tags', value: textAt(templateLabel, 'Value') },
    labelAtBirth: inTemplate('UserData', (data) => userDataOf(data).label),
    ...launchTemplateFields(launchTemplate),
    profiles: inTemplate('IamInstanceProfile', (data): readonly ProfileName[] => {
      const [arn, profile] = [textAt(data, 'IamInstanceProfile', 'Arn'), textAt(data, 'IamInstanceProfile', 'Name')];
      if (arn !== undefined) return [{ arn }];
      return profile === undefined ? [] : [{ name: profile }];
    }),
  };
}

/** The template of a managed node group, with its fields as EKS writes them in JSON. */
export function managedNodeGroupPool(name: string, { group, source, launchTemplate }: FoundGroup): PoolTemplate {
  const inTemplate = launchTemplateField(launchTemplate);
  const hasTag = textAt(group, 'tags', runtimeTag) !== undefined;
  const tag = inTemplate('TagSpecifications', instanceTag);
  // EKS writes the kubelet's flags itself unless the launch template names an image.
  const hasOwnImage = 'unknown' in launchTemplate || textAt(launchTemplate.data, 'ImageId') !== undefined;
  const own = {
    taintsAtBirth: inTemplate('UserData', (data) => userDataOf(data).taints),
    labelAtBirth: inTemplate('UserData', (data) => userDataOf(data).label),
  };
  const types = listAt(group, 'instanceTypes').map(String);
  const fields = launchTemplateFields(launchTemplate);
  return {
    resource: `managed node group ${name} in ${source}`,
    kind: 'managed node group',
    name,
    cluster: textAt(group, 'clusterName'),
    tag,
    ...(hasTag && !('value' in tag && tag.value !== undefined) ? { strandedTag: 'tags' } : {}),
    declaredTaints: { field: 'taints', value: gatingKeys(listAt(group, 'taints')) },
    ...(hasOwnImage ? own : {}),
    label: { field: 'labels', value: textAt(group, 'labels', poolLabel) },
    ...fields,
    isBareMetal: types.length > 0 ? types.every(isMetal) : fields.isBareMetal,
    // EKS makes a profile for the node role itself, and takes none from the launch template.
    profiles: { field: 'nodeRole', value: [{ prefix: 'eks-' }] },
  };
}

function launchTemplateFields(launchTemplate: LaunchTemplate) {
  const inTemplate = launchTemplateField(launchTemplate);
  const hopLimit = (data: unknown) => textAt(data, 'MetadataOptions', 'HttpPutResponseHopLimit');
  const type = 'unknown' in launchTemplate ? undefined : textAt(launchTemplate.data, 'InstanceType');
  return {
    hopLimit: inTemplate('MetadataOptions.HttpPutResponseHopLimit', (data) =>
      hopLimit(data) === undefined ? undefined : Number(hopLimit(data)),
    ),
    nestedVirtualization: inTemplate(
      'CpuOptions.NestedVirtualization',
      (data) => textAt(data, 'CpuOptions', 'NestedVirtualization') === 'enabled',
    ),
    isBareMetal: type !== undefined && isMetal(type),
  };
}

function launchTemplateField(launchTemplate: LaunchTemplate) {
  return <T>(field: string, read: (data: unknown) => T): Declared<T> => {
    if ('unknown' in launchTemplate) return { field: `launch template: ${field}`, unknown: launchTemplate.unknown };
    const place = `${launchTemplate.name}: ${field}`;
    const open = unresolvedIn(at(launchTemplate.data, ...field.split('.')));
    // Text that a parameter is only a part of is read all the same.
    if (open !== undefined && field !== 'UserData') return { field: place, unknown: open };
    return { field: place, value: read(launchTemplate.data) };
  };
}

/** A placeholder for a value that is unknown until the template is deployed. */
export const unresolved = 'unresolved';

/** Why a value, or a part of it, is not known; undefined if it is. */
export function unresolvedIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const own = textAt(value, unresolved);
  return (
    own ??
    Object.values(value)
      .map(unresolvedIn)
      .find((reason) => reason !== undefined)
  );
}

function instanceTag(data: unknown): string | undefined {
  const specifications = listAt(data, 'TagSpecifications').filter((one) => textAt(one, 'ResourceType') === 'instance');
  const tags = specifications.flatMap((one) => listAt(one, 'Tags'));
  return textAt(
    tags.find((one) => textAt(one, 'Key') === runtimeTag),
    'Value',
  );
}

function userDataOf(data: unknown) {
  return readUserData(textAt(data, 'UserData') ?? '');
}

function clusterIn(tags: readonly unknown[]): string | undefined {
  const named = tags.find((one) => textAt(one, 'Key') === clusterTag);
  if (named !== undefined) return textAt(named, 'Value');
  const owned = tags.map((one) => textAt(one, 'Key') ?? '').find((key) => key.startsWith('kubernetes.io/cluster/'));
  return owned?.slice('kubernetes.io/cluster/'.length);
}

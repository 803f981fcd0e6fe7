import { poolLabel } from '../../kubernetes.ts';
import { clusterTag, runtimeTag } from '../../tags.ts';
import { at, gatingKeys, isMetal, listAt, textAt } from './read.ts';
import type { Declared, LaunchHook, Machines, PoolTemplate, ProfileName } from './template.ts';
import { readUserData } from './user-data.ts';

/** The data of a launch template as EC2 has it, or why it is not known. */
export type LaunchTemplate = { readonly name: string; readonly data: unknown } | { readonly unknown: string };

/** What two kinds of group share: where the group was found, and its launch template. */
interface FoundGroup {
  readonly group: unknown;
  readonly source: string;
  readonly launchTemplate: LaunchTemplate;
  /** The hooks of the Auto Scaling group; undefined if no file has them. */
  readonly hooks?: readonly unknown[] | undefined;
  /** The names of images, by their ids. */
  readonly imageNames?: ReadonlyMap<string, string>;
}

/**
 * The prefix of the tags by which the Cluster Autoscaler knows an empty Auto Scaling group. Source: Cluster Autoscaler
 * on AWS, README.
 */
const nodeTemplate = 'k8s.io/cluster-autoscaler/node-template';

/** The template of an Auto Scaling group, with the fields that EC2 Auto Scaling and CloudFormation share. */
export function autoScalingGroupPool(name: string, found: FoundGroup): PoolTemplate {
  const { group, source, launchTemplate } = found;
  const tags = listAt(group, 'Tags');
  const tag = (key: string) => tags.find((one) => textAt(one, 'Key') === key);
  const runtime = tag(runtimeTag);
  const reaches = textAt(runtime, 'PropagateAtLaunch') === 'true';
  const inTemplate = launchTemplateField(launchTemplate);
  const propagated = { field: 'Tags', value: textAt(runtime, 'Value') };
  const overrides = listAt(group, 'MixedInstancesPolicy', 'LaunchTemplate', 'Overrides').flatMap(
    (one) => textAt(one, 'InstanceType') ?? [],
  );
  const fields = launchTemplateFields(launchTemplate);
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
    ...fields,
    isBareMetal: overrides.length > 0 ? overrides.every(isMetal) : fields.isBareMetal,
    machines:
      overrides.length > 0
        ? { field: 'MixedInstancesPolicy.LaunchTemplate.Overrides', value: { types: overrides, families: [] } }
        : fields.machines,
    images: imagesOf(found),
    hooks: hooksOf(found),
    profiles: inTemplate('IamInstanceProfile', (data): readonly ProfileName[] => {
      const [arn, profile] = [textAt(data, 'IamInstanceProfile', 'Arn'), textAt(data, 'IamInstanceProfile', 'Name')];
      if (arn !== undefined) return [{ arn }];
      return profile === undefined ? [] : [{ name: profile }];
    }),
  };
}

/** The template of a managed node group, with its fields as EKS writes them in JSON. */
export function managedNodeGroupPool(name: string, found: FoundGroup): PoolTemplate {
  const { group, source, launchTemplate } = found;
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
    machines: types.length > 0 ? { field: 'instanceTypes', value: { types, families: [] } } : fields.machines,
    images: hasOwnImage
      ? imagesOf(found)
      : { field: 'amiType', value: [textAt(group, 'amiType') ?? 'AL2023_x86_64_STANDARD'] },
    hooks: hooksOf(found),
    role: textAt(group, 'nodeRole'),
    // EKS makes a profile for the node role itself, and takes none from the launch template. Its name is eks- and a
    // UUID. Source: EKS User Guide, "Customize managed nodes with launch templates"; the names are those that AWS shows
    // in accounts.
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
    machines: inTemplate('InstanceType', (data): Machines => {
      const one = textAt(data, 'InstanceType');
      return { types: one === undefined ? [] : [one], families: [] };
    }),
  };
}

/** The image of a launch template: its name if a file has it, or the parameter that it is resolved from. */
function imagesOf({ launchTemplate, imageNames }: FoundGroup): Declared<readonly string[]> {
  const image = launchTemplateField(launchTemplate)('ImageId', (data) => textAt(data, 'ImageId'));
  if ('unknown' in image) return image;
  const { field, value: id } = image;
  const name = id?.startsWith('ami-') ? imageNames?.get(id) : id;
  if (name !== undefined) return { field, value: [name] };
  if (id === undefined) return { field, value: [] };
  return {
    field,
    unknown: `no file has the image ${id}; accepted: what aws ec2 describe-images --image-ids ${id} prints`,
  };
}

function hooksOf({ hooks, source }: FoundGroup): Declared<readonly LaunchHook[]> {
  const field = 'LifecycleHooks';
  if (hooks === undefined) {
    const command = 'aws autoscaling describe-lifecycle-hooks --auto-scaling-group-name NAME';
    return { field, unknown: `${source} does not have the group's hooks; accepted: what ${command} prints` };
  }
  const launching = hooks.filter((one) => textAt(one, 'LifecycleTransition') === 'autoscaling:EC2_INSTANCE_LAUNCHING');
  // Source: EC2 Auto Scaling API, PutLifecycleHook: 3600 seconds and ABANDON by default.
  return {
    field,
    value: launching.map((one) => ({
      name: textAt(one, 'LifecycleHookName') ?? '',
      heartbeatSeconds: Number(textAt(one, 'HeartbeatTimeout') ?? 3_600),
      defaultResult: textAt(one, 'DefaultResult') ?? 'ABANDON',
    })),
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

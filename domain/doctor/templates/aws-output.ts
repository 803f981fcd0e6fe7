import { autoScalingGroupPool, type LaunchTemplate, managedNodeGroupPool } from './groups.ts';
import { at, listAt, textAt } from './read.ts';
import type { PoolTemplate } from './template.ts';

/** One document of JSON or YAML, with its file. */
export interface FoundDocument {
  readonly document: unknown;
  readonly source: string;
}

/** Whether a document is what `aws` prints for groups or launch templates. */
export function isAwsOutput(document: unknown): boolean {
  return ['AutoScalingGroups', 'LaunchTemplateVersions', 'LifecycleHooks', 'Images', 'nodegroup'].some(
    (field) => at(document, field) !== undefined,
  );
}

/**
 * The pools in what the AWS command line prints: `aws autoscaling describe-auto-scaling-groups` and `aws eks
 * describe-nodegroup`, with the launch templates of `aws ec2 describe-launch-template-versions`, the hooks of `aws
 * autoscaling describe-lifecycle-hooks` and the images of `aws ec2 describe-images` from any of the files.
 */
export function awsOutputPools(documents: readonly FoundDocument[]): readonly PoolTemplate[] {
  const versions = documents.flatMap(({ document }) => listAt(document, 'LaunchTemplateVersions'));
  const all = (field: string) => documents.flatMap(({ document }) => listAt(document, field));
  const hasHooks = documents.some(({ document }) => at(document, 'LifecycleHooks') !== undefined);
  const hooksOf = (names: readonly string[]) =>
    hasHooks
      ? all('LifecycleHooks').filter((one) => names.includes(textAt(one, 'AutoScalingGroupName') ?? ''))
      : undefined;
  const imageNames = new Map(all('Images').map((one) => [textAt(one, 'ImageId') ?? '', textAt(one, 'Name') ?? '']));
  return documents.flatMap(({ document, source }) => {
    const groups = listAt(document, 'AutoScalingGroups').map((group) => {
      const mixed = at(group, 'MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification');
      const launchTemplate = versionOf(versions, at(group, 'LaunchTemplate') ?? mixed);
      const name = textAt(group, 'AutoScalingGroupName') ?? '';
      return autoScalingGroupPool(name, { group, source, launchTemplate, imageNames, hooks: hooksOf([name]) });
    });
    const group = at(document, 'nodegroup');
    if (group === undefined) return groups;
    const launchTemplate = versionOf(versions, at(group, 'launchTemplate'));
    const name = textAt(group, 'nodegroupName') ?? '';
    const names = listAt(group, 'resources', 'autoScalingGroups').flatMap((one) => textAt(one, 'name') ?? []);
    const found = { group, source, launchTemplate, imageNames, hooks: hooksOf(names) };
    return [...groups, managedNodeGroupPool(name, found)];
  });
}

/** The version of a launch template that a group names by number, or as $Default or $Latest. */
function versionOf(versions: readonly unknown[], reference: unknown): LaunchTemplate {
  // Without one, nothing is there that a launch template could declare.
  if (reference === undefined) return { name: 'no launch template', data: {} };
  const id = textAt(reference, 'LaunchTemplateId') ?? textAt(reference, 'id');
  const name = textAt(reference, 'LaunchTemplateName') ?? textAt(reference, 'name');
  const version = textAt(reference, 'Version') ?? textAt(reference, 'version') ?? '$Default';
  const own = versions.filter(
    (one) =>
      textAt(one, 'LaunchTemplateId') === id || (name !== undefined && textAt(one, 'LaunchTemplateName') === name),
  );
  const numbered = own.toSorted(
    (one, other) => Number(textAt(other, 'VersionNumber')) - Number(textAt(one, 'VersionNumber')),
  );
  const found = numbered.find(
    (one) =>
      version === '$Latest' ||
      (version === '$Default' && textAt(one, 'DefaultVersion') === 'true') ||
      textAt(one, 'VersionNumber') === version,
  );
  const called = name ?? id ?? 'the launch template';
  if (found !== undefined)
    return { name: `${called}, version ${textAt(found, 'VersionNumber')}`, data: at(found, 'LaunchTemplateData') };
  const command = `aws ec2 describe-launch-template-versions --launch-template-id ${id ?? 'ID'} --versions '${version}'`;
  return { unknown: `no file has version ${version} of ${called}; accepted: what ${command} prints` };
}

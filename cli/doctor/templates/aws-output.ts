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
  return ['AutoScalingGroups', 'LaunchTemplateVersions', 'nodegroup'].some(
    (field) => at(document, field) !== undefined,
  );
}

/**
 * The pools in what the AWS command line prints: `aws autoscaling describe-auto-scaling-groups` and `aws eks describe-nodegroup`, with the launch
 * templates of `aws ec2 describe-launch-template-versions` from any of the files.
 */
export function awsOutputPools(documents: readonly FoundDocument[]): readonly PoolTemplate[] {
  const versions = documents.flatMap(({ document }) => listAt(document, 'LaunchTemplateVersions'));
  return documents.flatMap(({ document, source }) => {
    const groups = listAt(document, 'AutoScalingGroups').map((group) => {
      const mixed = at(group, 'MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification');
      const launchTemplate = versionOf(versions, at(group, 'LaunchTemplate') ?? mixed);
      return autoScalingGroupPool(textAt(group, 'AutoScalingGroupName') ?? '', { group, source, launchTemplate });
    });
    const group = at(document, 'nodegroup');
    if (group === undefined) return groups;
    const launchTemplate = versionOf(versions, at(group, 'launchTemplate'));
    return [...groups, managedNodeGroupPool(textAt(group, 'nodegroupName') ?? '', { group, source, launchTemplate })];
  });
}

/** The version of a launch template that a group names by number, or as $Default or $Latest. */
function versionOf(versions: readonly unknown[], reference: unknown): LaunchTemplate {
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

import { autoScalingGroupPool, type LaunchTemplate, managedNodeGroupPool, unresolved } from './groups.ts';
import { at, listAt, textAt } from './read.ts';
import type { PoolTemplate } from './template.ts';

/** CloudFormation's short forms in YAML. */
export const cloudFormationTags = [
  'Base64',
  'FindInMap',
  'GetAtt',
  'If',
  'ImportValue',
  'Join',
  'Ref',
  'Select',
  'Split',
  'Sub',
].flatMap((name) => {
  const key = name === 'Ref' ? name : `Fn::${name}`;
  const scalar = {
    tag: `!${name}`,
    resolve: (value: string) => ({ [key]: name === 'GetAtt' ? value.split('.') : value }),
  };
  const inCollection = (collection: 'seq' | 'map') => ({
    tag: `!${name}`,
    collection,
    resolve: (value: unknown) => ({
      [key]: at(value, 'toJSON') === undefined ? value : (value as { toJSON(): unknown }).toJSON(),
    }),
  });
  return [scalar, inCollection('seq'), inCollection('map')];
});

/** Whether a document is a CloudFormation template. */
export function isCloudFormation(document: unknown): boolean {
  const resources = Object.values(Object(at(document, 'Resources')));
  return resources.some((one) => textAt(one, 'Type')?.startsWith('AWS::') === true);
}

/**
 * The pools of a CloudFormation template: its Auto Scaling groups and managed node groups.
 *
 * @param parameters values of the template's parameters, beside their defaults
 * @param imageNames the names of images, by their ids
 */
export function cloudFormationPools(
  template: unknown,
  source: string,
  parameters: ReadonlyMap<string, string>,
  imageNames: ReadonlyMap<string, string> = new Map(),
): readonly PoolTemplate[] {
  const known = new Map(parameters);
  for (const [name, parameter] of Object.entries(Object(at(template, 'Parameters')))) {
    const usual = textAt(parameter, 'Default');
    if (usual !== undefined && !known.has(name)) known.set(name, usual);
  }
  const resources = Object(at(template, 'Resources')) as Readonly<Record<string, unknown>>;
  const value = (of: unknown) => resolve(of, { resources, known });
  const launchTemplate = (reference: unknown): LaunchTemplate => {
    const id = textAt(reference, 'LaunchTemplateId', logicalId) ?? textAt(reference, 'Id', logicalId);
    if (id !== undefined) return { name: id, data: value(at(resources[id], 'Properties', 'LaunchTemplateData')) };
    return { unknown: `its launch template is not in ${source}` };
  };
  return Object.entries(resources).flatMap(([id, resource]) => {
    const group = value(at(resource, 'Properties'));
    const type = textAt(resource, 'Type');
    if (type === 'AWS::AutoScaling::AutoScalingGroup') {
      const mixed = at(group, 'MixedInstancesPolicy', 'LaunchTemplate', 'LaunchTemplateSpecification');
      const own = listAt(group, 'LifecycleHookSpecificationList');
      const separate = Object.values(resources)
        .filter((one) => textAt(one, 'Type') === 'AWS::AutoScaling::LifecycleHook')
        .map((one) => value(at(one, 'Properties')))
        .filter((hook) => textAt(hook, 'AutoScalingGroupName', logicalId) === id);
      const found = {
        group,
        source,
        launchTemplate: launchTemplate(at(group, 'LaunchTemplate') ?? mixed),
        imageNames,
        hooks: [...own, ...separate],
      };
      return [autoScalingGroupPool(textAt(group, 'AutoScalingGroupName') ?? id, found)];
    }
    if (type !== 'AWS::EKS::Nodegroup') return [];
    const reference = at(group, 'LaunchTemplate');
    const found = {
      group: asEks(group),
      source,
      launchTemplate: reference === undefined ? noTemplate : launchTemplate(reference),
      imageNames,
    };
    return [managedNodeGroupPool(textAt(group, 'NodegroupName') ?? id, found)];
  });
}

/** The same group with the names of fields that the API of EKS has. */
function asEks(group: unknown): unknown {
  return {
    clusterName: at(group, 'ClusterName'),
    labels: at(group, 'Labels'),
    taints: listAt(group, 'Taints'),
    tags: at(group, 'Tags'),
    instanceTypes: listAt(group, 'InstanceTypes'),
    amiType: at(group, 'AmiType'),
    nodeRole: at(group, 'NodeRole'),
  };
}

/** What a node group without a launch template has: nothing that a template could declare. */
const noTemplate: LaunchTemplate = { name: 'no launch template', data: {} };

/** A placeholder for a reference to a resource in the template. */
const logicalId = 'logicalId';

interface Scope {
  readonly resources: Readonly<Record<string, unknown>>;
  readonly known: ReadonlyMap<string, string>;
}

/**
 * A value with its intrinsic functions carried out as far as they can be before a deployment; the others say why not.
 */
function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((one) => resolve(one, scope));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name = '', argument] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (name === 'Ref') return resolveReference(String(argument), scope);
  if (name === 'Fn::Base64') return resolve(argument, scope);
  if (name === 'Fn::Sub') return substitute(argument, scope);
  if (name === 'Fn::Join') return join(resolve(argument, scope));
  if (name.startsWith('Fn::')) return { [unresolved]: `${name} is known only after the deployment` };
  return Object.fromEntries(entries.map(([key, one]) => [key, resolve(one, scope)]));
}

function resolveReference(name: string, { resources, known }: Scope): unknown {
  if (Object.hasOwn(resources, name)) return { [logicalId]: name };
  const value = known.get(name);
  if (value !== undefined) return value;
  return { [unresolved]: `the parameter ${name} has no value; accepted: --parameter ${name}=VALUE` };
}

/** What cannot be filled in stays as it is: the rest of the text counts. */
function substitute(argument: unknown, scope: Scope): unknown {
  const [text, given] = Array.isArray(argument) ? argument : [argument, {}];
  return String(text).replace(/\$\{([\w:.]+)\}/g, (whole, name: string) => {
    const value = at(resolve(given, scope), name) ?? scope.known.get(name);
    return typeof value === 'string' ? value : whole;
  });
}

function join(argument: unknown): unknown {
  const [separator, parts] = Array.isArray(argument) ? argument : ['', []];
  const open = Array.isArray(parts) ? parts.find((part) => typeof part === 'object') : undefined;
  return open ?? (Array.isArray(parts) ? parts.join(String(separator)) : argument);
}

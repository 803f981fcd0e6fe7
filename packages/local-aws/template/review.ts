import type { AssembledStack, TemplateResource } from './assembly.ts';
import { isKnownIntrinsic } from './intrinsics.ts';
import { outline } from './outline.ts';
import { mentions } from './references.ts';
import type { ResourceType } from './resource.ts';
import { TemplateError } from './template-error.ts';

/**
 * Sections that the local cloud reads or may ignore: rules check parameters; metadata and descriptions are for people.
 */
const sections = [
  'AWSTemplateFormatVersion',
  'Conditions',
  'Description',
  'Mappings',
  'Metadata',
  'Outputs',
  'Parameters',
  'Resources',
  'Rules',
];

/** Resource attributes that the local cloud reads, or that matter only to an update or a deletion. */
const attributes = [
  'Condition',
  'DeletionPolicy',
  'DependsOn',
  'Metadata',
  'Properties',
  'Type',
  'UpdateReplacePolicy',
];

/** Finds a resource's type; custom resources share one. */
export function typeOf(types: ReadonlyMap<string, ResourceType>, type: string): ResourceType | undefined {
  return (
    types.get(type) ?? (type.startsWith('Custom::') ? types.get('AWS::CloudFormation::CustomResource') : undefined)
  );
}

/**
 * Reviews a whole template before anything is created.
 *
 * @throws TemplateError that lists every unsupported section, resource type, property, intrinsic function, state and
 * pattern
 */
export function review(stacks: readonly AssembledStack[], types: ReadonlyMap<string, ResourceType>): void {
  const unknown = stacks.flatMap(({ name, template }) => [
    ...Object.keys(template)
      .filter((section) => !sections.includes(section))
      .map((section) => `${name}: the section ${section}`),
    ...Object.entries(template.Resources).flatMap(([logicalId, resource]) => {
      return reviewResource(resource, types).map((what) => `${name}/${logicalId}: ${what}`);
    }),
    ...[...mentions([template.Conditions, template.Outputs]).intrinsics]
      .filter((one) => !isKnownIntrinsic(one))
      .map((one) => `${name}: the intrinsic function ${one}`),
  ]);
  if (unknown.length > 0) throw new TemplateError(`the local cloud does not know:\n  ${unknown.join('\n  ')}`);
}

function reviewResource(resource: TemplateResource, types: ReadonlyMap<string, ResourceType>): readonly string[] {
  const odd = Object.keys(resource)
    .filter((attribute) => !attributes.includes(attribute))
    .map((attribute) => `the attribute ${attribute}`);
  const intrinsics = [...mentions(resource.Properties).intrinsics]
    .filter((one) => !isKnownIntrinsic(one))
    .map((one) => `the intrinsic function ${one}`);
  const type = typeOf(types, resource.Type);
  if (type === undefined) return [`the resource type ${resource.Type}`, ...odd, ...intrinsics];
  const properties = type.properties.includes('*')
    ? []
    : Object.keys(resource.Properties ?? {}).filter((property) => !type.properties.includes(property));
  const named = [
    ...properties.map((property) => `the property ${property} of ${resource.Type}`),
    ...odd,
    ...intrinsics,
  ];
  return named.length > 0 ? named : foreseen(resource, type);
}

/** What a resource type would refuse on creation, when others would exist already. */
function foreseen({ Properties }: TemplateResource, type: ResourceType): readonly string[] {
  try {
    type.foresee?.(outline(Properties ?? {}) as Readonly<Record<string, unknown>>);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

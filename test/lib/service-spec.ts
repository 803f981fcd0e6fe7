import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, SpecDatabase } from '@aws-cdk/service-spec-types';

let database: SpecDatabase | undefined;

/** CloudFormation's own resource and event types, as the CDK's database has them. */
export function specification(): SpecDatabase {
  database ??= loadAwsServiceSpecSync();
  return database;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** What a template has that CloudFormation does not know, or lacks that it requires: one line each. */
export function faultsOf(resources: Readonly<Record<string, Resource>>): string[] {
  return Object.entries(resources).flatMap(([id, { Type, Properties = {} }]) => {
    if (Type.startsWith('Custom::')) return [];
    const [type] = specification().lookup('resource', 'cloudFormationType', 'equals', Type);
    return type ? faultsIn(`${id} (${Type})`, type.properties, Properties) : [`${id}: no such type ${Type}`];
  });
}

function faultsIn(
  path: string,
  known: Readonly<Record<string, Property>>,
  given: Readonly<Record<string, unknown>>,
): string[] {
  const missing = Object.entries(known)
    .filter(([name, { required }]) => required && given[name] === undefined)
    .map(([name]) => `${path}: ${name} is missing`);
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const property = known[name];
    return property ? mismatch(`${path}.${name}`, property.type, value) : [`${path}: no such property ${name}`];
  });
  return [...missing, ...wrong];
}

function mismatch(path: string, type: PropertyType, value: unknown): string[] {
  if (isIntrinsic(value)) return [];
  const wrong = [`${path}: ${JSON.stringify(value)} is no ${type.type}`];
  switch (type.type) {
    case 'string':
      return typeof value === 'string' ? [] : wrong;
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong;
    case 'integer':
      return Number.isInteger(value) ? [] : wrong;
    case 'number':
      return typeof value === 'number' ? [] : wrong;
    case 'array':
      return Array.isArray(value) ? value.flatMap((one, at) => mismatch(`${path}[${at}]`, type.element, one)) : wrong;
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([key, one]) => mismatch(`${path}.${key}`, type.element, one))
        : wrong;
    case 'ref': {
      const { properties } = specification().get('typeDefinition', type.reference.$ref);
      return isObject(value) ? faultsIn(path, properties, value) : wrong;
    }
    case 'union':
      return type.types.some((one) => mismatch(path, one, value).length === 0) ? [] : wrong;
    default:
      return [];
  }
}

function isIntrinsic(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [key = ''] = Object.keys(value);
  return Object.keys(value).length === 1 && (key === 'Ref' || key.startsWith('Fn::'));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

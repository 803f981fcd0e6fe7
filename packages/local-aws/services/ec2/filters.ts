/** Filters of EC2: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
import type { Filter } from '@aws-sdk/client-ec2';
import { AwsError } from '../../gateway/service.ts';
import type { StoredInstance } from './instance.ts';

/** The most values in all filters of one call. */
const mostValues = 200;

const fields: Readonly<Record<string, (instance: StoredInstance) => readonly string[]>> = {
  'instance-id': (one) => [one.id],
  'instance-state-name': (one) => [one.state],
  'instance-type': (one) => [one.instanceType],
  'availability-zone': (one) => [one.availabilityZone],
  'private-dns-name': (one) => [one.privateDnsName],
  architecture: (one) => [one.architecture],
  'tag-key': (one) => Object.keys(one.tags),
};

/**
 * Compiles filters: an instance has to match every filter, by any of its values. `*` and `?` are wildcards,
 * and a backslash before one of them, or before a backslash, takes it literally.
 *
 * @throws AwsError FilterLimitExceeded, and InvalidParameterValue for a filter that is not modelled
 */
export function matchesFilters(filters: readonly Filter[]): (instance: StoredInstance) => boolean {
  const values = filters.reduce((sum, filter) => sum + (filter.Values?.length ?? 0), 0);
  if (values > mostValues) {
    throw new AwsError(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${mostValues}`,
    );
  }
  const tests = filters.map(({ Name = '', Values = [] }) => {
    const field = Name.startsWith('tag:') ? tag(Name.slice(4)) : fields[Name];
    if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
    const patterns = Values.map(wildcard);
    return (instance: StoredInstance) => field(instance).some((seen) => patterns.some((pattern) => pattern.test(seen)));
  });
  return (instance) => tests.every((test) => test(instance));
}

function tag(key: string): (instance: StoredInstance) => readonly string[] {
  return (one) => Object.entries(one.tags).flatMap(([name, value]) => (name === key ? [value] : []));
}

function wildcard(value: string): RegExp {
  const source = value.replaceAll(/\\[*?\\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '.';
    const literal = part.length === 2 ? part.slice(1) : part;
    return literal.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

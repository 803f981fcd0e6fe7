import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';

let database: SpecDatabase | undefined;

/**
 * Whether a change of these properties replaces the resource, by CloudFormation's own schemas (`createOnlyProperties`).
 * A property that may or may not replace it is assumed to change in place.
 *
 * @param type for instance `AWS::SQS::Queue`; a custom resource has no schema, and its function decides
 */
export function mustReplace(type: string, properties: readonly string[]): boolean {
  database ??= loadAwsServiceSpecSync();
  const [known] = database.lookup('resource', 'cloudFormationType', 'equals', type);
  return properties.some((name) => known?.properties[name]?.causesReplacement === 'yes');
}

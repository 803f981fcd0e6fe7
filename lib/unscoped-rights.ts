import { Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/**
 * Lets a role call operations for which IAM knows no resource, so that a policy can name none but `*`.
 *
 * @param reason why no resource can be named, for the reader of a finding
 */
export function grantUnscoped(role: Role, actions: readonly string[], reason: string): void {
  role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: ['*'] }));
  Validations.of(role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason });
}

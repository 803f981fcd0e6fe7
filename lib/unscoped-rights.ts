import { Validations } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/**
 * Lets a role call operations without resource-level permissions, for which a policy can name only `*`.
 *
 * @param reason why no resource can be named, as an acknowledgement for cdk-nag
 */
export function grantUnscoped(role: Role, actions: readonly string[], reason: string): void {
  role.addToPolicy(new PolicyStatement({ actions: [...actions], resources: ['*'] }));
  Validations.of(role).acknowledge({ id: 'AwsSolutions-IAM5[Resource::*]', reason });
}

import { Aws, Validations } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { runtimeTag } from '../domain/tags.ts';

/**
 * Lets a role send commands: some documents, to instances with Airlock's tag.
 *
 * @param documents their names
 */
export function grantSend(role: IRole, documents: readonly string[]): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['ssm:SendCommand'],
      resources: documents.map((name) => `arn:${Aws.PARTITION}:ssm:${Aws.REGION}:${Aws.ACCOUNT_ID}:document/${name}`),
    }),
  );
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['ssm:SendCommand'],
      resources: [`arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}:instance/*`],
      conditions: { StringLike: { [`ssm:resourceTag/${runtimeTag}`]: '*' } },
    }),
  );
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]',
    reason: 'Instance ids are not known at deploy time; the condition admits only instances with the Airlock tag',
  });
}

import { Aws } from 'aws-cdk-lib';

/** The ARN of an operator's role in the account that Airlock is deployed to. */
export function operatorArn(role: string): string {
  return `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${role}`;
}

import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { AirlockFunction } from './airlock-function.ts';

/** Who stands between CloudFormation and a function of ours. */
export interface CustomResourceProviderProps {
  readonly function: AirlockFunction;
  readonly logRetention: RetentionDays;
}

/**
 * Lets CloudFormation ask a function of ours for a resource, by the CDK's provider framework. The framework's own function takes the answer to
 * CloudFormation, so that ours may stand in a network without a way out; no one else has the right to invoke ours.
 */
export class CustomResourceProvider extends Construct {
  readonly serviceToken: string;

  constructor(scope: Construct, id: string, props: CustomResourceProviderProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', { retention: props.logRetention, removalPolicy: RemovalPolicy.DESTROY });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const provider = new Provider(this, 'Provider', {
      onEventHandler: props.function.function,
      frameworkOnEventRole: role,
      logGroup,
    });
    this.serviceToken = provider.serviceToken;
    const { function: ours } = props.function;
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${ours.stack.getLogicalId(ours.node.defaultChild as never)}.Arn>:*]`,
      reason:
        "The CDK's framework asks for every version of the one function that it invokes; there is none but the latest",
    });
  }
}

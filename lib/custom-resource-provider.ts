import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import type { AirlockFunction } from './airlock-function.ts';

/** What connects CloudFormation to a function. */
export interface CustomResourceProviderProps {
  readonly function: AirlockFunction;
  readonly logRetention: RetentionDays;
}

/**
 * Lets CloudFormation request a resource from a function, through the CDK's provider framework. The framework's own
 * function delivers the response to CloudFormation, so Airlock's function may run in a network without internet access.
 * Only the framework may invoke it.
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
        "The CDK's provider framework requests rights on every version of the one function that it invokes; only the latest exists",
    });
  }
}

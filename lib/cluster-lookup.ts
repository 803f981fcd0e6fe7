import { Aws, CustomResource, Duration, Token } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AirlockFunction } from './airlock-function.ts';
import type { ClusterVpc } from './cluster-network.ts';
import { CustomResourceProvider } from './custom-resource-provider.ts';

/** A cluster's API address and certificate authority. */
export interface Address {
  readonly endpoint: string;
  /** PEM, in base64. */
  readonly certificateAuthority: string;
}

/**
 * Looks clusters up in EKS during deployment, and rejects a cluster that the stack does not support with a message that
 * states what to do.
 */
export class ClusterLookUp extends Construct {
  readonly #provided: CustomResourceProvider;
  readonly #function: AirlockFunction;

  constructor(scope: Construct, id: string, logRetention: RetentionDays) {
    super(scope, id);
    this.#function = new AirlockFunction(this, 'Find', {
      name: 'find-cluster',
      description: 'Looks clusters up in EKS while the stack is deployed',
      timeout: Duration.minutes(2),
      memoryMiB: 256,
      logRetention,
      environment: {},
    });
    this.#provided = new CustomResourceProvider(this, 'CustomResourceProvider', {
      function: this.#function,
      logRetention,
    });
  }

  /** Looks one cluster up. */
  find(scope: Construct, { name, inside }: { readonly name: string; readonly inside: boolean }): Address & ClusterVpc {
    this.#function.role.addToPolicy(
      new PolicyStatement({
        actions: ['eks:DescribeCluster'],
        resources: [`arn:${Aws.PARTITION}:eks:${Aws.REGION}:${Aws.ACCOUNT_ID}:cluster/${name}`],
      }),
    );
    const found = new CustomResource(scope, 'Found', {
      resourceType: 'Custom::AirlockFoundCluster',
      serviceToken: this.#provided.serviceToken,
      // Otherwise CloudFormation waits an hour for a function that crashed.
      serviceTimeout: Duration.minutes(5),
      properties: { Name: name, Private: String(inside) },
    });
    return {
      endpoint: found.getAttString('Endpoint'),
      certificateAuthority: found.getAttString('CertificateAuthority'),
      vpcId: found.getAttString('VpcId'),
      subnetIds: Token.asList(found.getAtt('SubnetIds')),
      securityGroupId: found.getAttString('SecurityGroupId'),
    };
  }
}

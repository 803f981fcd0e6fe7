import { Aws } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { grantUnscoped } from './unscoped-rights.ts';

/** What attaches a function to a network. */
export interface Placement {
  readonly subnetIds: string[];
  readonly securityGroupIds: string[];
}

/** The network of a cluster's API. */
export interface ClusterVpc {
  readonly vpcId: string;
  readonly subnetIds: string[];
  /** The security group of the API's network interfaces. */
  readonly securityGroupId: string;
}

/** A cluster's network, and the port on which its API answers. */
export interface ClusterNetworkProps extends ClusterVpc {
  readonly cluster: string;
  readonly port: number;
}

/**
 * Access to an API that is reachable only from the cluster's own network: a security group for Airlock's functions that
 * allows traffic to the API and nothing else, and a rule that lets them in. They reach neither the internet nor AWS,
 * and need neither, because they sign their tokens themselves.
 */
export class ClusterNetwork extends Construct {
  readonly placement: Placement;
  /** What has to exist before a request gets through. */
  readonly apiIngress: CfnSecurityGroupIngress;

  constructor(scope: Construct, id: string, props: ClusterNetworkProps) {
    super(scope, id);
    const { cluster, port, vpcId, subnetIds, securityGroupId } = props;
    const tcp = { ipProtocol: 'tcp', fromPort: port, toPort: port };
    const ours = new CfnSecurityGroup(this, 'Ours', {
      groupDescription: `Airlock functions that call the cluster ${cluster}`,
      vpcId,
      securityGroupEgress: [
        {
          ...tcp,
          destinationSecurityGroupId: securityGroupId,
          description: `To the API of ${cluster}, and nowhere else`,
        },
      ],
    });
    this.apiIngress = new CfnSecurityGroupIngress(this, 'ApiIngress', {
      ...tcp,
      groupId: securityGroupId,
      sourceSecurityGroupId: ours.attrGroupId,
      description: 'From Airlock functions',
    });
    this.placement = { subnetIds, securityGroupIds: [ours.attrGroupId] };
  }
}

/**
 * What Lambda needs to manage a function's network interfaces. Source: AWSLambdaVPCAccessExecutionRole, without its log
 * rights.
 */
export const interfaceRights = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Lets Lambda manage network interfaces for functions with this role, and denies the same to the functions' code.
 * Lambda uses the function's role for this; only a call from code carries the function's ARN.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function grantInterfaces(role: Role): void {
  grantUnscoped(
    role,
    interfaceRights,
    'Lambda needs network interface rights on every resource; code of the function is denied them',
  );
  role.addToPolicy(
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...interfaceRights, 'ec2:DetachNetworkInterface'],
      resources: ['*'],
      conditions: {
        ArnLike: {
          'lambda:SourceFunctionArn': `arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:function:*`,
        },
      },
    }),
  );
}

import { Aws } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnSecurityGroupIngress } from 'aws-cdk-lib/aws-ec2';
import { Effect, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { grantUnscoped } from './unscoped-rights.ts';

/** What a function is put into a network with. */
export interface Placement {
  readonly subnetIds: string[];
  readonly securityGroupIds: string[];
}

/** The network in which a cluster's API answers. */
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
 * The way to an API that answers in the cluster's own network alone: a security group for our functions that leads to the API and nowhere
 * else, and the API's permission for it. There is no way to the internet and to AWS; the functions need neither, for they sign their
 * tokens themselves.
 */
export class ClusterNetwork extends Construct {
  readonly placement: Placement;
  /** What has to be there before a request comes through. */
  readonly way: CfnSecurityGroupIngress;

  constructor(scope: Construct, id: string, props: ClusterNetworkProps) {
    super(scope, id);
    const { cluster, port, vpcId, subnetIds, securityGroupId } = props;
    const tcp = { ipProtocol: 'tcp', fromPort: port, toPort: port };
    const ours = new CfnSecurityGroup(this, 'Ours', {
      groupDescription: `Functions of Airlock that talk to the cluster ${cluster}`,
      vpcId,
      securityGroupEgress: [
        {
          ...tcp,
          destinationSecurityGroupId: securityGroupId,
          description: `To the API of ${cluster}, and nowhere else`,
        },
      ],
    });
    this.way = new CfnSecurityGroupIngress(this, 'Way', {
      ...tcp,
      groupId: securityGroupId,
      sourceSecurityGroupId: ours.attrGroupId,
      description: 'From the functions of Airlock',
    });
    this.placement = { subnetIds, securityGroupIds: [ours.attrGroupId] };
  }
}

/** What Lambda needs to keep the network interfaces of a function. Source: AWSLambdaVPCAccessExecutionRole, without its log rights. */
export const interfaceRights = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Lets Lambda keep the network interfaces of functions with this role, and denies the same to the code of the functions: Lambda itself has to
 * ask with the function's role, and only a call that comes from code carries the function's ARN.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function grantInterfaces(role: Role): void {
  grantUnscoped(
    role,
    interfaceRights,
    'Lambda has to be allowed its network interfaces on every resource; the code of the function is denied them',
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

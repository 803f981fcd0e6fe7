import type { Cluster } from '@aws-sdk/client-eks';

/** How the stack wants to reach a cluster. */
export interface Wanted {
  readonly name: string;
  /** By the end point in the cluster's own network. */
  readonly private: boolean;
}

/** What the stack needs to know of a cluster. */
export interface Found {
  readonly Endpoint: string;
  /** PEM, in base64. */
  readonly CertificateAuthority: string;
  readonly VpcId: string;
  readonly SubnetIds: readonly string[];
  /** The security group that EKS made for the API's network interfaces. */
  readonly SecurityGroupId: string;
}

/** The stack cannot be deployed for this cluster. The message says what to do; CloudFormation shows it as the reason of the resource. */
export class NotUsable extends Error {
  override readonly name = 'NotUsable';
}

/** Lambda takes so many subnets for one function. */
const mostSubnets = 16;

/**
 * What the stack needs of a cluster as EKS describes it.
 *
 * @param cluster undefined if EKS has none of the name
 * @throws NotUsable
 */
export function requireUsable({ name, private: inside }: Wanted, cluster: Cluster | undefined): Found {
  if (cluster === undefined) {
    throw new NotUsable(
      `EKS has no cluster ${name} in this account and region: correct the name in airlock.yaml, or give endpoint and ` +
        'certificateAuthority of a cluster that EKS does not know',
    );
  }
  const { endpoint, certificateAuthority, status, accessConfig, resourcesVpcConfig: network = {} } = cluster;
  if (endpoint === undefined || certificateAuthority?.data === undefined) {
    throw new NotUsable(`cluster ${name} is ${status} and has no end point yet: deploy again when it is ACTIVE`);
  }
  if (accessConfig?.authenticationMode === 'CONFIG_MAP') {
    throw new NotUsable(
      `cluster ${name} takes no access entries, for its authentication mode is CONFIG_MAP. Change it (what is in aws-auth stays valid): ` +
        `aws eks update-cluster-config --name ${name} --access-config authenticationMode=API_AND_CONFIG_MAP, and deploy again`,
    );
  }
  const turnOn = `aws eks update-cluster-config --name ${name} --resources-vpc-config endpointPrivateAccess=true`;
  if (inside && network.endpointPrivateAccess !== true) {
    throw new NotUsable(
      `cluster ${name} is "private: true" in airlock.yaml and has no private end point: leave that out, or turn it on with ${turnOn}`,
    );
  }
  const everybody = (network.publicAccessCidrs ?? []).includes('0.0.0.0/0');
  if (!inside && !(network.endpointPublicAccess === true && everybody)) {
    const why =
      network.endpointPublicAccess === true
        ? `answers only ${(network.publicAccessCidrs ?? []).join(', ')} from outside`
        : 'has a private end point alone';
    const first = network.endpointPrivateAccess === true ? '' : `turn its private end point on with ${turnOn}, and `;
    throw new NotUsable(`cluster ${name} ${why}: ${first}write "private: true" for it in airlock.yaml`);
  }
  return {
    Endpoint: endpoint,
    CertificateAuthority: certificateAuthority.data,
    VpcId: network.vpcId ?? '',
    SubnetIds: (network.subnetIds ?? []).slice(0, mostSubnets),
    SecurityGroupId: network.clusterSecurityGroupId ?? '',
  };
}

import type { Cluster } from '@aws-sdk/client-eks';

/** How the stack reaches a cluster. */
export interface RequestedCluster {
  readonly name: string;
  /** Whether by the endpoint in the cluster's own network. */
  readonly private: boolean;
}

/** What the stack needs to know about a cluster. */
export interface ClusterFacts {
  readonly Endpoint: string;
  /** PEM, in base64. */
  readonly CertificateAuthority: string;
  readonly VpcId: string;
  readonly SubnetIds: readonly string[];
  /** The security group that EKS created for the API's network interfaces. */
  readonly SecurityGroupId: string;
}

/**
 * The stack cannot be deployed for this cluster. The message states what to do, and CloudFormation shows it as the
 * resource's reason.
 */
export class NotUsable extends Error {
  override readonly name = 'NotUsable';
}

/** Lambda's limit of subnets for one function. */
const mostSubnets = 16;

/**
 * Checks a cluster and returns what the stack needs to know about it.
 *
 * @param cluster the cluster in EKS; undefined if there is none with this name
 * @throws NotUsable
 */
export function requireUsable({ name, private: inside }: RequestedCluster, cluster: Cluster | undefined): ClusterFacts {
  if (cluster === undefined) {
    throw new NotUsable(
      `EKS has no cluster ${name} in this account and region: correct the name in airlock.yaml, or set endpoint and ` +
        'certificateAuthority for a cluster outside EKS',
    );
  }
  const { endpoint, certificateAuthority, status, accessConfig, resourcesVpcConfig: network = {} } = cluster;
  if (endpoint === undefined || certificateAuthority?.data === undefined) {
    throw new NotUsable(`cluster ${name} is ${status} and has no endpoint yet: deploy again when it is ACTIVE`);
  }
  if (accessConfig?.authenticationMode === 'CONFIG_MAP') {
    throw new NotUsable(
      `cluster ${name} does not accept access entries, because its authentication mode is CONFIG_MAP. Change it (aws-auth stays valid): ` +
        `aws eks update-cluster-config --name ${name} --access-config authenticationMode=API_AND_CONFIG_MAP, and deploy again`,
    );
  }
  const enable = `aws eks update-cluster-config --name ${name} --resources-vpc-config endpointPrivateAccess=true`;
  if (inside && network.endpointPrivateAccess !== true) {
    throw new NotUsable(
      `cluster ${name} has "private: true" in airlock.yaml but no private endpoint: remove that setting, or enable the endpoint with ${enable}`,
    );
  }
  const isPublic = (network.publicAccessCidrs ?? []).includes('0.0.0.0/0');
  if (!inside && !(network.endpointPublicAccess === true && isPublic)) {
    const why =
      network.endpointPublicAccess === true
        ? `has a public endpoint only for ${(network.publicAccessCidrs ?? []).join(', ')}`
        : 'has only a private endpoint';
    const first = network.endpointPrivateAccess === true ? '' : `enable its private endpoint with ${enable}, and `;
    throw new NotUsable(`cluster ${name} ${why}: ${first}set "private: true" for it in airlock.yaml`);
  }
  return {
    Endpoint: endpoint,
    CertificateAuthority: certificateAuthority.data,
    VpcId: network.vpcId ?? '',
    SubnetIds: (network.subnetIds ?? []).slice(0, mostSubnets),
    SecurityGroupId: network.clusterSecurityGroupId ?? '',
  };
}

import type { Cluster } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { requireUsable } from '../../../lambdas/find-cluster/decide.ts';

const network = {
  vpcId: 'vpc-0123456789abcdef0',
  subnetIds: ['subnet-a', 'subnet-b'],
  clusterSecurityGroupId: 'sg-0123456789abcdef0',
  endpointPublicAccess: true,
  endpointPrivateAccess: true,
  publicAccessCidrs: ['0.0.0.0/0'],
};
const cluster: Cluster = {
  name: 'demo',
  status: 'ACTIVE',
  endpoint: 'https://ABC.gr7.eu-central-1.eks.amazonaws.com',
  certificateAuthority: { data: 'Q0E=' },
  accessConfig: { authenticationMode: 'API' },
  resourcesVpcConfig: network,
};
const withNetwork = (change: object): Cluster => ({ ...cluster, resourcesVpcConfig: { ...network, ...change } });
const find = (one: Cluster | undefined, inside = false) => requireUsable({ name: 'demo', private: inside }, one);

describe('a cluster that can be used', () => {
  it.each([
    ['by its public endpoint', false],
    ['by its private endpoint', true],
  ])('%s is returned with its address and its network', (_what, inside) => {
    expect(find(cluster, inside)).toEqual({
      Endpoint: cluster.endpoint,
      CertificateAuthority: 'Q0E=',
      VpcId: network.vpcId,
      SubnetIds: network.subnetIds,
      SecurityGroupId: network.clusterSecurityGroupId,
    });
  });

  it('with more subnets than Lambda accepts is returned with as many as it accepts', () => {
    const subnetIds = Array.from({ length: 20 }, (_, index) => `subnet-${index}`);

    expect(find(withNetwork({ subnetIds }), true).SubnetIds).toEqual(subnetIds.slice(0, 16));
  });

  it('accepts access entries beside its ConfigMap', () => {
    expect(() => find({ ...cluster, accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } })).not.toThrow();
  });
});

const { endpoint: _endpoint, ...young } = { ...cluster, status: 'CREATING' as const };
describe('a cluster that cannot be used is refused with what to do', () => {
  it.each<[string, Cluster | undefined, boolean, RegExp]>([
    ['one that does not exist', undefined, false, /EKS has no cluster demo .*: correct the name in airlock\.yaml/],
    ['one that is being created', young, false, /is CREATING and has no endpoint yet: deploy again when it is ACTIVE/],
    [
      'one without access entries',
      { ...cluster, accessConfig: { authenticationMode: 'CONFIG_MAP' } },
      false,
      /CONFIG_MAP\. Change it .*--access-config authenticationMode=API_AND_CONFIG_MAP, and deploy again/,
    ],
    [
      'a private one that is not declared private',
      withNetwork({ endpointPublicAccess: false, publicAccessCidrs: [] }),
      false,
      /has only a private endpoint: set "private: true"/,
    ],
    [
      'one that only some addresses reach',
      withNetwork({ publicAccessCidrs: ['198.51.100.0/24', '203.0.113.0/24'] }),
      false,
      /has a public endpoint only for 198\.51\.100\.0\/24, 203\.0\.113\.0\/24: set "private: true"/,
    ],
    [
      'a public one that is declared private',
      withNetwork({ endpointPrivateAccess: false }),
      true,
      /but no private endpoint: remove that setting, or enable the endpoint with aws eks update-cluster-config --name demo/,
    ],
  ])('%s', (_what, one, inside, words) => {
    expect(() => find(one, inside)).toThrow(words);
  });
});

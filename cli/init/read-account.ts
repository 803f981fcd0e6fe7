import { EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand, EKSClient, paginateListClusters } from '@aws-sdk/client-eks';
import { clusterOf, clusterTag } from '../../domain/tags.ts';
import type { AccountReading, FoundCluster, FoundInstance } from './reading.ts';
import { findingsOfInstances } from './reading.ts';

/** The keys of tags that name a cluster, with EC2's wildcards. */
const clusterTagKeys = ['kubernetes.io/cluster/*', '*eks*cluster-name', clusterTag];

/** Reads the clusters of the account and region, and the instances of their nodes. What cannot be read is named. */
export async function readAccount(): Promise<AccountReading> {
  const notRead: { resource: string; reason: string }[] = [];
  const attempt = async <T>(resource: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      notRead.push({ resource, reason: (error as Error).message });
      return otherwise;
    }
  };
  const eks = new EKSClient({});
  const [names, instances, region] = await Promise.all([
    attempt('the clusters in EKS', () => clusterNames(eks), []),
    attempt('the instances in EC2', readInstances, []),
    // Without a region there is no call at all.
    eks.config.region().catch(() => undefined),
  ]);
  const clusters = await Promise.all(
    names.map((name) =>
      attempt(`the cluster ${name} in EKS`, () => describe(eks, name, instances), {
        name,
        ...findingsOfInstances(name, instances),
      }),
    ),
  );
  return { region, clusters, notRead };
}

async function clusterNames(client: EKSClient): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const page of paginateListClusters({ client }, {})) names.push(...(page.clusters ?? []));
  return names;
}

async function describe(client: EKSClient, name: string, instances: readonly FoundInstance[]): Promise<FoundCluster> {
  const { cluster } = await client.send(new DescribeClusterCommand({ name }));
  return {
    name,
    private: cluster?.resourcesVpcConfig?.endpointPublicAccess === false,
    endpoint: cluster?.endpoint,
    certificateAuthority: cluster?.certificateAuthority?.data,
    kubernetes: cluster?.version,
    ...findingsOfInstances(name, instances),
  };
}

async function readInstances(): Promise<readonly FoundInstance[]> {
  const found: FoundInstance[] = [];
  const pages = paginateDescribeInstances(
    { client: new EC2Client({}) },
    {
      Filters: [
        { Name: 'tag-key', Values: clusterTagKeys },
        { Name: 'instance-state-name', Values: ['pending', 'running'] },
      ],
    },
  );
  for await (const { Reservations = [] } of pages) {
    for (const { Tags = [], IamInstanceProfile } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
      found.push({ cluster: clusterOf(tags), profileArn: IamInstanceProfile?.Arn, tags });
    }
  }
  return found;
}

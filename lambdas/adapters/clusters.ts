import { type Cluster, DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { consequenceOf } from './aws-errors.ts';
import { whileSpreading } from './spread.ts';

const client = new EKSClient();

/** A cluster as EKS describes it; undefined if it has none of the name. The right to ask is as new as the function. */
export async function describeCluster(name: string): Promise<Cluster | undefined> {
  try {
    const ask = () => client.send(new DescribeClusterCommand({ name }));
    const { cluster } = await whileSpreading('eks:DescribeCluster', ask);
    return cluster;
  } catch (error) {
    if (consequenceOf('eks:DescribeCluster', error) === 'answer') return undefined;
    throw error;
  }
}

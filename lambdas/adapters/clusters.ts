import { type Cluster, DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import { consequenceOf } from './aws-errors.ts';
import { whileSpreading } from './spread.ts';

const client = new EKSClient();

/**
 * Reads a cluster from EKS; undefined if there is none with this name. The permission for this may be as new as the
 * function.
 */
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

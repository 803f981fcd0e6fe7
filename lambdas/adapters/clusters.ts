import { type Cluster, DescribeClusterCommand, EKSClient, ResourceNotFoundException } from '@aws-sdk/client-eks';
import { consequenceOf } from './aws-errors.ts';
import { whileSpreading } from './spread.ts';

const client = new EKSClient();

/** A cluster as EKS describes it; undefined where it has none of the name. The right to ask is as new as the function. */
export async function describeCluster(name: string): Promise<Cluster | undefined> {
  try {
    const ask = () => client.send(new DescribeClusterCommand({ name }));
    const { cluster } = await whileSpreading(ask, isForbidden);
    return cluster;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return !(error instanceof ResourceNotFoundException) && consequenceOf('eks:DescribeCluster', error) === 'answer';
}

import {
  AccessDeniedException,
  type Cluster,
  DescribeClusterCommand,
  EKSClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-eks';
import { whileSpreading } from './spread.ts';

const client = new EKSClient();

/** A cluster as EKS describes it; undefined where it has none of the name. The right to ask is as new as the function. */
export async function describeCluster(name: string): Promise<Cluster | undefined> {
  try {
    const ask = () => client.send(new DescribeClusterCommand({ name }));
    const { cluster } = await whileSpreading(ask, (error) => error instanceof AccessDeniedException);
    return cluster;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

import {
  AccessDeniedException,
  type Cluster,
  DescribeClusterCommand,
  EKSClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-eks';

const client = new EKSClient();

/** The right to ask is as new as the function: for so long a refusal may only mean that IAM has not spread it. */
const spreadMs = 60_000;
const pauseMs = 3_000;

/** A cluster as EKS describes it; undefined where it has none of the name. */
export async function describeCluster(name: string): Promise<Cluster | undefined> {
  for (let waited = 0; ; waited += pauseMs) {
    try {
      const { cluster } = await client.send(new DescribeClusterCommand({ name }));
      return cluster;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      if (!(error instanceof AccessDeniedException) || waited >= spreadMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

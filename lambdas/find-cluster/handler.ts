import * as v from 'valibot';
import { describeCluster } from '../adapters/clusters.ts';
import { logger } from '../adapters/telemetry.ts';
import { type ClusterFacts, requireUsable } from './decide.ts';

const PropertiesSchema = v.object({
  Name: v.string(),
  // CloudFormation converts booleans to strings.
  Private: v.picklist(['true', 'false']),
});

/** The request of the CDK's provider framework. */
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: PropertiesSchema,
});

/** The answer to it. */
interface Answer {
  readonly PhysicalResourceId: string;
  readonly Data?: ClusterFacts;
}

/**
 * Looks up a cluster in EKS when the stack is deployed.
 *
 * @throws NotUsable with what to do
 */
export async function handler(event: unknown): Promise<Answer> {
  const { RequestType, ResourceProperties } = v.parse(RequestSchema, event);
  const { Name, Private } = ResourceProperties;
  if (RequestType === 'Delete') return { PhysicalResourceId: Name };
  try {
    return {
      PhysicalResourceId: Name,
      Data: requireUsable({ name: Name, private: Private === 'true' }, await describeCluster(Name)),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    logger.error(`cluster ${Name} is not usable`, error);
    // The framework puts the stack trace into the reason that people read, and CloudFormation limits it to 4,096 bytes.
    error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}

import * as v from 'valibot';
import { describeCluster } from '../adapters/clusters.ts';
import { logger } from '../adapters/telemetry.ts';
import { type Found, requireUsable } from './decide.ts';

const PropertiesSchema = v.object({
  Name: v.string(),
  // CloudFormation turns every yes or no into text.
  Private: v.picklist(['true', 'false']),
});

/** What the CDK's provider framework asks. */
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: PropertiesSchema,
});

/** What it answers. */
interface Answer {
  readonly PhysicalResourceId: string;
  readonly Data?: Found;
}

/**
 * Looks a cluster up in EKS while the stack is deployed.
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
    // The framework puts the trace into the reason that people read, and CloudFormation takes 4,096 bytes in all.
    error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}

import * as v from 'valibot';
import { preparers } from '../../domain/kubernetes.ts';
import { grantAccess, revokeAccess } from '../adapters/access-entries.ts';
import { variable } from '../adapters/environment.ts';
import { invoke } from '../adapters/functions.ts';
import { resourceStatus } from '../adapters/stack-resource.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { grant } from './grant.ts';
import type { Answer, Ports } from './ports.ts';

const cluster = variable('CLUSTER_NAME');
const principalArn = variable('PREPARE_ROLE');
const functionArn = variable('PREPARE_FUNCTION');
const policyArn = variable('ACCESS_POLICY');
const resource = { stackId: variable('STACK_ID'), logicalId: variable('RESOURCE') };

/** The request of the CDK's provider framework. */
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: v.object({ Version: v.string() }),
});

const AnswerSchema = v.object({ PhysicalResourceId: v.string(), Data: v.object({ Summary: v.string() }) });

const ports: Ports = {
  cluster,
  status: () => resourceStatus(resource),
  grantAccess: () => grantAccess({ cluster, principalArn, policyArn, groups: [preparers] }),
  revokeAccess: () => revokeAccess({ cluster, principalArn }),
  prepare: async (request) => v.parse(AnswerSchema, await invoke(functionArn, request)),
  time: systemTime,
};

/**
 * Handles CloudFormation's request for the manifests of a cluster: makes `prepare-cluster` an administrator, invokes
 * it, and revokes that access.
 *
 * @throws NotGranted or NotPrepared, with what to do
 */
export async function handler(event: unknown): Promise<Answer> {
  const request = v.parse(RequestSchema, event);
  logger.resetKeys();
  logger.appendKeys({ cluster, request: request.RequestType });
  try {
    const answer = await grant(request, ports);
    logger.info('done, and the access is revoked', { summary: answer.Data.Summary });
    return answer;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    logger.error('the cluster is not prepared', error);
    // The framework puts the stack trace into the reason that people read, and CloudFormation limits it to 4,096 bytes.
    error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}

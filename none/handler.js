import * as v from 'valibot';
import { preparers } from '../../domain/kubernetes.ts';
import { letIn, letOut } from '../adapters/access-entries.ts';
import { variable } from '../adapters/environment.ts';
import { invoke } from '../adapters/functions.ts';
import { resourceStatus } from '../adapters/stack-resource.ts';
import { logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { grant } from './grant.ts';

const cluster = variable('CLUSTER_NAME');
const principalArn = variable('PREPARE_ROLE');
const functionArn = variable('PREPARE_FUNCTION');
const policyArn = variable('ACCESS_POLICY');
const resource = { stackId: variable('STACK_ID'), logicalId: variable('RESOURCE') };
const RequestSchema = v.object({
  RequestType: v.picklist(['Create', 'Update', 'Delete']),
  ResourceProperties: v.object({ Version: v.string() }),
});
const AnswerSchema = v.object({ PhysicalResourceId: v.string(), Data: v.object({ Summary: v.string() }) });
const ports = {
  cluster,
  status: () => resourceStatus(resource),
  letIn: () => letIn({ cluster, principalArn, policyArn, groups: [preparers] }),
  letOut: () => letOut({ cluster, principalArn }),
  prepare: async (request) => v.parse(AnswerSchema, await invoke(functionArn, request)),
  time: systemTime,
};
export async function handler(event) {
  const request = v.parse(RequestSchema, event);
  logger.resetKeys();
  logger.appendKeys({ cluster, request: request.RequestType });
  try {
    const answer = await grant(request, ports);
    logger.info('done, and the right is taken back', { summary: answer.Data.Summary });
    return answer;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    logger.error('the cluster is not prepared', error);
    error.stack = `${error.name}: ${error.message}`;
    throw error;
  }
}

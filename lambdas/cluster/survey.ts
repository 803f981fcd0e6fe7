import { poolLabel } from '../../domain/kubernetes.ts';
import type { SurveyCall } from '../../domain/messages.ts';
import { type Survey, surveyPageLimit } from '../../domain/survey.ts';
import type { Kubernetes } from '../adapters/kubernetes.ts';
import { Forbidden, Unreachable } from '../adapters/kubernetes-errors.ts';
import type { Time } from '../adapters/time.ts';
import { FinalOutcome } from './errors.ts';
import { nodeStatus } from './node-status.ts';

/** The dependencies of a survey. */
export interface SurveyPorts {
  readonly api: Pick<Kubernetes, 'listNodes'>;
  readonly cluster: string;
  readonly gateKey: string;
  readonly time: Pick<Time, 'now'>;
}

/**
 * Reads one page of the Nodes in managed pools, and changes nothing. A Node that comes or goes between two pages may be
 * missed or occur twice. The next survey corrects this.
 *
 * @throws FinalOutcome `cluster-unreachable` or `cluster-forbidden`; the caller repeats a survey
 */
export async function survey({ versions = {}, limit, next }: SurveyCall, ports: SurveyPorts): Promise<Survey> {
  const page = await ports.api.listNodes(poolLabel, limit ?? surveyPageLimit, next).catch((error: unknown) => {
    if (error instanceof Forbidden) throw new FinalOutcome('cluster-forbidden', error.message);
    if (error instanceof Unreachable) throw new FinalOutcome('cluster-unreachable', error.message);
    throw error;
  });
  const standard = { gateKey: ports.gateKey, versions, now: ports.time.now() };
  return {
    cluster: ports.cluster,
    nodes: page.nodes.map((node) => nodeStatus(node, standard)),
    ...(page.next === undefined ? {} : { next: page.next }),
  };
}

import { poolLabel } from '../../domain/kubernetes.ts';
import type { SurveyCall } from '../../domain/messages.ts';
import { type Survey, surveyPageLimit } from '../../domain/survey.ts';
import type { Kubernetes } from '../adapters/kubernetes.ts';
import { Forbidden, Unreachable } from '../adapters/kubernetes-errors.ts';
import { Ended } from './errors.ts';
import { standingOf } from './standing.ts';

/** What a survey needs of the world. */
export interface SurveyPorts {
  readonly api: Pick<Kubernetes, 'listNodes'>;
  readonly cluster: string;
  readonly gateKey: string;
}

/**
 * Reads one page of the nodes of our pools, and changes nothing. A Node that comes or goes between two pages may be missed or told twice;
 * the next survey sees it.
 *
 * @throws Ended `cluster-unreachable` or `cluster-forbade`; a survey is repeated by whoever asked for it
 */
export async function survey({ releases = {}, limit, next }: SurveyCall, ports: SurveyPorts): Promise<Survey> {
  const page = await ports.api.listNodes(poolLabel, limit ?? surveyPageLimit, next).catch((error: unknown) => {
    if (error instanceof Forbidden) throw new Ended('cluster-forbade', error.message);
    if (error instanceof Unreachable) throw new Ended('cluster-unreachable', error.message);
    throw error;
  });
  const standard = { gateKey: ports.gateKey, releases };
  return {
    cluster: ports.cluster,
    nodes: page.nodes.map((node) => standingOf(node, standard)),
    ...(page.next === undefined ? {} : { next: page.next }),
  };
}

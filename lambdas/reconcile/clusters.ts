import type { SurveyedNode } from '../../domain/survey.ts';
import { variable } from '../adapters/environment.ts';
import { surveyOf } from '../adapters/surveyor.ts';
import { logger } from '../adapters/telemetry.ts';
import { admitWhole } from '../admission/admit-all.ts';
import { closedSince } from './closed-since.ts';
import { decideNode, type ManagedLaunch, type NodeDecision } from './decide-node.ts';
import { nodeFinding } from './findings.ts';
import type { Pass } from './pass.ts';
import { startReruns } from './reruns.ts';

/** The function of each cluster, by the cluster's name. */
const functions = variable('CLUSTER_FUNCTIONS');

/** The number of decisions in a cluster, by kind. */
export type ReconcileCounts = Record<NodeDecision['step'], number>;

/** The clusters to reconcile. */
export const clusters: readonly string[] = Object.keys(functions);

/**
 * Reconciles every Node in one cluster's managed pools, page by page.
 *
 * @param ours the managed instances, by ID
 * @param budgetMs how long this may take, in milliseconds
 * @param pass what fails on a page is added here, and the next pages are read
 * @returns what was seen, since when gated Nodes take no pods, in milliseconds since the epoch, and which
 * instances the Nodes behind a gate name
 */
export async function reconcileCluster(
  cluster: string,
  ours: ReadonlyMap<string, ManagedLaunch>,
  budgetMs: number,
  { failures, findings, outdated, reopened }: Pass,
): Promise<{
  readonly seen: ReconcileCounts;
  readonly gatedSince: readonly number[];
  readonly gated: readonly string[];
}> {
  const seen: ReconcileCounts = {
    ...{ admit: 0, outdated: 0, pinned: 0, drifted: 0, reopened: 0 },
    ...{ unclaimed: 0, foreign: 0, leave: 0 },
  };
  const gatedSince: number[] = [];
  const gated: string[] = [];
  for await (const nodes of surveyOf(functions[cluster] ?? '', budgetMs)) {
    const now = Date.now();
    const steps = nodes.map((node) => decideNode(cluster, node, ours.get(node.instanceId), now));
    const at = new Date(now).toISOString();
    await failures.attempt('admitting missed launches', () =>
      admitWhole(steps.flatMap((step) => (step.step === 'admit' ? [step.admission] : []))),
    );
    await failures.attempt('starting re-verifications', () =>
      startReruns(steps.flatMap((step) => (step.step === 'drifted' && step.rerun !== undefined ? [step.rerun] : []))),
    );
    gatedSince.push(
      ...nodes.flatMap(({ state, instanceId }, at) => {
        const managed = ours.get(instanceId);
        return state === 'gated' && steps[at]?.step !== 'foreign' && managed ? [closedSince(managed)] : [];
      }),
    );
    gated.push(
      ...nodes.flatMap(({ state, instanceId }, at) =>
        isClosed(state) && steps[at]?.step !== 'foreign' ? [instanceId] : [],
      ),
    );
    for (const step of steps) {
      seen[step.step]++;
      if (step.step === 'foreign') logger.warn('a Node names an instance that is not its own', { cluster, ...step });
      if (step.step === 'outdated' || step.step === 'pinned') outdated.push(step);
      if (step.step === 'reopened' && !step.isReported) reopened.push(step);
    }
    findings.push(...steps.flatMap((step) => nodeFinding(step, at) ?? []));
  }
  return { seen, gatedSince, gated };
}

/** Whether a Node in a state takes no pods. */
function isClosed(state: SurveyedNode['state']): boolean {
  return state === 'gated' || state === 'quarantined';
}

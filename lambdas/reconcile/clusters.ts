import { launchRef } from '../../domain/events.ts';
import { publish } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { recordOutdated } from '../adapters/ledger.ts';
import { surveyOf } from '../adapters/surveyor.ts';
import { logger } from '../adapters/telemetry.ts';
import { admitAll } from '../admission/admit-all.ts';
import { decideNode, type ManagedLaunch, type NodeDecision } from './decide-node.ts';
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
 */
export async function reconcileCluster(
  cluster: string,
  ours: ReadonlyMap<string, ManagedLaunch>,
  budgetMs: number,
): Promise<ReconcileCounts> {
  const seen: ReconcileCounts = { admit: 0, outdated: 0, drifted: 0, unclaimed: 0, foreign: 0, leave: 0 };
  for await (const nodes of surveyOf(functions[cluster] ?? '', budgetMs)) {
    const now = Date.now();
    const steps = nodes.map((node) => decideNode(cluster, node, ours.get(node.instanceId), now));
    await admitAll(steps.flatMap((step) => (step.step === 'admit' ? [step.admission] : [])));
    await startReruns(
      steps.flatMap((step) => (step.step === 'drifted' && step.admission !== undefined ? [step.admission] : [])),
    );
    for (const step of steps) {
      seen[step.step]++;
      if (step.step === 'foreign') logger.warn('a Node names an instance that is not its own', { cluster, ...step });
      if (step.step === 'outdated') await reportOutdated(step, new Date(now).toISOString());
    }
  }
  return seen;
}

/** Publishes first and records second. If a call dies in between, a later one publishes again. */
async function reportOutdated({ ours, version, configured }: NodeDecision & { step: 'outdated' }, at: string) {
  const { launch } = ours.admission;
  await publish([{ type: 'Node Outdated', detail: { launch: launchRef(launch), version, configured, at } }]);
  await recordOutdated(ours.run ?? launch, configured);
}

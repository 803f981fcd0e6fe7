import { whoOf } from '../../domain/events.ts';
import { tell } from '../adapters/bus.ts';
import { variable } from '../adapters/environment.ts';
import { noteOutdated } from '../adapters/ledger.ts';
import { surveyOf } from '../adapters/surveyor.ts';
import { logger } from '../adapters/telemetry.ts';
import { admitAll } from '../admission/admit-all.ts';
import { goAgain } from './again.ts';
import { decideNode, type NodeDecision, type Ours } from './decide-node.ts';

/** The function of each cluster, by the cluster's name. */
const functions = variable('CLUSTER_FUNCTIONS');

/** What was seen in the clusters, by kind. */
export type Seen = Record<NodeDecision['step'], number>;

/** The clusters that are looked at. */
export const clusters: readonly string[] = Object.keys(functions);

/**
 * Looks at every Node of our pools in one cluster, page by page.
 *
 * @param ours our instances, by id
 * @param budgetMs how long it may take, in milliseconds
 */
export async function reconcileCluster(
  cluster: string,
  ours: ReadonlyMap<string, Ours>,
  budgetMs: number,
): Promise<Seen> {
  const seen: Seen = { admit: 0, outdated: 0, drifted: 0, unclaimed: 0, foreign: 0, leave: 0 };
  for await (const nodes of surveyOf(functions[cluster] ?? '', budgetMs)) {
    const now = Date.now();
    const steps = nodes.map((node) => decideNode(cluster, node, ours.get(node.instanceId), now));
    await admitAll(steps.flatMap((step) => (step.step === 'admit' ? [step.admission] : [])));
    await goAgain(
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

/** Tells first, notes second: who dies in between tells it again. */
async function reportOutdated({ ours, release, configured }: NodeDecision & { step: 'outdated' }, at: string) {
  const { node } = ours.admission;
  await tell([{ type: 'Node Outdated', detail: { node: whoOf(node), release, configured, at } }]);
  await noteOutdated(ours.row ?? node, configured);
}

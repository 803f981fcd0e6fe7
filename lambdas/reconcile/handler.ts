import type { Context } from 'aws-lambda';
import { reconcileCompleted } from '../../domain/metrics.ts';
import { variable } from '../adapters/environment.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { clusters, reconcileCluster } from './clusters.ts';
import { reconcileFleet } from './fleet.ts';
import { inTurn, shareOf } from './turns.ts';

const config = variable('ADMISSIBLE');

/** How much of the function's time a page may need, in milliseconds, so that a begun page is finished. */
const pageMs = 40_000;

/**
 * Does what lost events would have caused. It uses the same code, names and conditions as the handling of events. So it
 * may run in parallel with that or with itself, and may be interrupted.
 */
export async function handler(_event: unknown, context: Context): Promise<void> {
  const inTime = () => context.getRemainingTimeInMillis() > pageMs;
  const { found, ours, complete } = await reconcileFleet(config, inTime);
  logger.info('reconciled the fleet', { found, complete });
  count('LaunchMissed', found.admit);
  count('ResultOverdue', found.poll);
  count('TerminationMissed', found.discard);
  count('NodeStranded', found.end);
  count('NodeHeld', found.retry);
  // A cluster that does not answer or takes too long does not block the others.
  let failure: unknown;
  const turns = complete ? inTurn(clusters, Date.now()) : [];
  for (const [at, cluster] of turns.entries()) {
    try {
      const budgetMs = shareOf(context.getRemainingTimeInMillis(), turns.length - at);
      const seen = await reconcileCluster(cluster, ours, budgetMs);
      logger.info('reconciled a cluster', { cluster, seen });
      count('LaunchMissed', seen.admit);
      count('NodeOutdated', seen.outdated);
      count('NodeDrifted', seen.drifted);
      count('NodeUnclaimed', seen.unclaimed);
    } catch (error) {
      failure = error;
      logger.error('a cluster could not be reconciled', { cluster, error: error as Error });
    }
  }
  if (failure !== undefined) throw failure;
  count(reconcileCompleted, complete ? 1 : 0);
}

import type { Context } from 'aws-lambda';
import { variable } from '../adapters/environment.ts';
import { count, emit, logger } from '../adapters/telemetry.ts';
import { clusters, reconcileCluster } from './clusters.ts';
import { reconcileFleet } from './fleet.ts';
import { reportIncidents } from './incidents.ts';
import { countOpenBreakers } from './open-breakers.ts';
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
  const { found, missedResults, ours, ended, complete } = await reconcileFleet(config, inTime);
  logger.info('reconciled the fleet', { found, complete });
  countMissed('launch', found.admit);
  countMissed('result', missedResults);
  countMissed('termination', found.discard);
  count('NodeStranded', found.end);
  count('NodeHeld', found.retry);
  // What fails does not block the rest: a cluster that does not answer or takes too long, or the report of incidents.
  let failure: unknown;
  try {
    const published = await reportIncidents(ended, complete);
    if (published > 0) logger.info('reported incidents', { published });
  } catch (error) {
    failure = error;
    logger.error('incidents could not be reported', { error: error as Error });
  }
  const turns = complete ? inTurn(clusters, Date.now()) : [];
  for (const [at, cluster] of turns.entries()) {
    try {
      const budgetMs = shareOf(context.getRemainingTimeInMillis(), turns.length - at);
      const { seen, gatedSince } = await reconcileCluster(cluster, ours, budgetMs);
      logger.info('reconciled a cluster', { cluster, seen });
      countMissed('launch', seen.admit);
      count('NodeOutdated', seen.outdated);
      count('NodeDrifted', seen.drifted);
      count('NodeUnclaimed', seen.unclaimed);
      emitGated(cluster, gatedSince);
    } catch (error) {
      failure = error;
      logger.error('a cluster could not be reconciled', { cluster, error: error as Error });
    }
  }
  for (const [cluster, open] of await countOpenBreakers(ours.values())) {
    emit({ name: 'BreakersOpen', dimensions: { cluster }, value: open });
  }
  if (failure !== undefined) throw failure;
  // A run that did not read all there is has failed: what it missed is found by no other.
  if (!complete) throw new Error('the time of a run was not enough to read the whole fleet');
}

function countMissed(missed: 'launch' | 'result' | 'termination', times: number): void {
  if (times > 0) emit({ name: 'EventMissed', dimensions: { missed }, value: times });
}

/** Emits how many nodes a cluster holds behind their gates, and how old the oldest launch is. Without any there is nothing to emit, and to pay. */
function emitGated(cluster: string, gatedSince: readonly number[]): void {
  if (gatedSince.length === 0) return;
  const age = Math.max(0, Math.round((Date.now() - Math.min(...gatedSince)) / 1_000));
  emit({ name: 'GatedNodes', dimensions: { cluster }, value: gatedSince.length });
  emit({ name: 'OldestGatedAge', dimensions: { cluster }, value: age });
}

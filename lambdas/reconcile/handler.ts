import type { Context } from 'aws-lambda';
import { variable } from '../adapters/environment.ts';
import { Failures } from '../adapters/failures.ts';
import { readRollouts } from '../adapters/rollouts.ts';
import { count, emit, logger } from '../adapters/telemetry.ts';
import { clusters, reconcileCluster } from './clusters.ts';
import { reconcileFleet } from './fleet.ts';
import { reportIncidents } from './incidents.ts';
import { takeInventory } from './inventory.ts';
import { keepRecords } from './keep-records.ts';
import { countOpenBreakers } from './open-breakers.ts';
import { reportOutdated } from './outdated.ts';
import { type Pass, publishFindings } from './pass.ts';
import { reportRollouts } from './rollout-metrics.ts';
import { reconcileRollouts } from './rollouts.ts';
import { tagOutcomes } from './tag-outcomes.ts';
import { inTurn, shareOf } from './turns.ts';

const config = variable('ADMISSIBLE');
const { rollout } = variable('ROLLOUT');

/** How much of the function's time a page may need, in milliseconds, so that a begun page is finished. */
const pageMs = 40_000;

/**
 * Does what lost events would have caused. It uses the same code, names and conditions as the handling of events. So it
 * may run in parallel with that or with itself, and may be interrupted.
 */
export async function handler(_event: unknown, context: Context): Promise<void> {
  const inTime = () => context.getRemainingTimeInMillis() > pageMs;
  // What fails does not block the rest: a bus that refuses events, a cluster that does not answer or takes too long.
  const failures = new Failures();
  const pass: Pass = { failures, findings: [], outdated: [], reopened: [], unpublished: [] };
  const read = rollout === null ? [] : await failures.attempt('reading rollouts', readRollouts);
  const fleet = await reconcileFleet(config, inTime, pass);
  const { found, missedResults, ours, ended, retried, running, complete } = fleet;
  logger.info('reconciled the fleet', { found, complete });
  countMissed('launch', found.admit);
  countMissed('result', missedResults);
  countMissed('termination', found.discard);
  count('NodeStranded', found.end);
  count('NodeHeld', found.retry);
  const gated = new Set<string>();
  const surveyed = new Set<string>();
  const turns = complete ? inTurn(clusters, Date.now()) : [];
  for (const [at, cluster] of turns.entries()) {
    await failures.attempt(`reconciling the cluster ${cluster}`, async () => {
      const budgetMs = shareOf(context.getRemainingTimeInMillis(), turns.length - at);
      const { seen, gatedSince, gated: closed } = await reconcileCluster(cluster, ours, budgetMs, pass);
      for (const instanceId of closed) gated.add(instanceId);
      surveyed.add(cluster);
      logger.info('reconciled a cluster', { cluster, seen });
      countMissed('launch', seen.admit);
      count('NodeOutdated', seen.outdated);
      count('NodeDrifted', seen.drifted + seen.reopened);
      count('NodeUnclaimed', seen.unclaimed);
      emitGated(cluster, gatedSince);
    });
  }
  if (rollout !== null && read !== undefined && complete) {
    await failures.attempt('rolling versions out', async () =>
      reportRollouts(await reconcileRollouts({ ...fleet, read, gated, surveyed }, rollout, config, pass)),
    );
  }
  // Repairs come first, then what informs people.
  await publishFindings(pass);
  await failures.attempt('counting open breakers', async () => {
    for (const [cluster, open] of await countOpenBreakers(ours.values())) {
      emit({ name: 'BreakersOpen', dimensions: { cluster }, value: open });
    }
  });
  await failures.attempt('reporting incidents', async () => {
    const published = await reportIncidents(ended, retried, complete);
    if (published > 0) logger.info('reported incidents', { published });
  });
  if (complete) await tagOutcomes(running);
  await failures.attempt('keeping records', () => keepRecords(fleet.expiring));
  await failures.attempt('taking inventory', async () => {
    if (complete && inTime()) await takeInventory([...ours.values()].flatMap(({ run }) => run ?? []));
  });
  // Last: a new default makes the whole fleet outdated at once.
  await failures.attempt('reporting outdated nodes', () => reportOutdated(pass.outdated, inTime));
  failures.rethrow();
  // A run that did not read all there is has failed: what it missed is found by no other.
  if (!complete) throw new Error('the time of a run was not enough to read the whole fleet');
}

function countMissed(missed: 'launch' | 'result' | 'termination', times: number): void {
  if (times > 0) emit({ name: 'EventMissed', dimensions: { missed }, value: times });
}

/**
 * Emits how many nodes a cluster holds behind their gates, and how old the oldest launch is. Without any there is
 * nothing to emit, and to pay.
 */
function emitGated(cluster: string, gatedSince: readonly number[]): void {
  if (gatedSince.length === 0) return;
  const age = Math.max(0, Math.round((Date.now() - Math.min(...gatedSince)) / 1_000));
  emit({ name: 'GatedNodes', dimensions: { cluster }, value: gatedSince.length });
  emit({ name: 'OldestGatedAge', dimensions: { cluster }, value: age });
}

import { emit, logger } from '../adapters/telemetry.ts';
import type { RolloutCounts } from './rollouts.ts';

/**
 * Emits how many rollouts stopped by themselves, and how many advisories a pool will not have fixed in time, by
 * cluster. Without any there is nothing to emit, and to pay.
 */
export function reportRollouts({ rollouts, started, late }: RolloutCounts): void {
  if (started > 0) logger.info('rolled versions out', { started });
  const stopped = rollouts.filter(({ stoppedAt, abortedBy }) => stoppedAt !== undefined && abortedBy === undefined);
  for (const [cluster, own] of Map.groupBy(stopped, (one) => one.cluster))
    emit({ name: 'RolloutsStopped', dimensions: { cluster }, value: own.length });
  for (const [cluster, own] of Map.groupBy(late, (one) => one.cluster)) {
    emit({ name: 'AdvisoriesLate', dimensions: { cluster }, value: own.length });
    logger.warn('advisories will not be fixed in time', { cluster, late: own.slice(0, 20) });
  }
}

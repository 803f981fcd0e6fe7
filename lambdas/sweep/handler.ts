import type { Context } from 'aws-lambda';
import { sweepCompleted } from '../../domain/metrics.ts';
import { variable } from '../adapters/environment.ts';
import { count, logger } from '../adapters/telemetry.ts';
import type { Admissible } from '../admit/decide.ts';
import { sweepFleet } from './fleet.ts';

const config = JSON.parse(variable('ADMISSIBLE')) as Admissible;

/** How much time of the function a page may need, in milliseconds: what is begun shall be finished. */
const pageMs = 40_000;

/**
 * Looks for what the events missed. Everything that it does is done by the same code as on the way of an event, under the same names and
 * conditions, so it may run beside that way, twice at once, or die half way.
 */
export async function handler(_event: unknown, context: Context): Promise<void> {
  const { found, complete } = await sweepFleet(config, () => context.getRemainingTimeInMillis() > pageMs);
  logger.info('swept the fleet', { found, complete });
  count('LaunchMissed', found.admit);
  count('ResultOverdue', found.ask);
  count('DepartureMissed', found.depart);
  count('NodeStranded', found.end);
  count(sweepCompleted, complete ? 1 : 0);
}

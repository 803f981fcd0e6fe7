import * as v from 'valibot';
import { type Closing, InsideCallSchema } from '../../domain/messages.ts';
import type { Receipt } from '../../domain/receipt.ts';
import type { Survey } from '../../domain/survey.ts';
import { logger } from '../adapters/telemetry.ts';
import { perform } from '../cluster/perform.ts';

/**
 * The part of a private cluster's function that stands in the cluster's network. It has no identity in the cluster and no right in AWS: it does what
 * the token that comes with a call may do, and without one it can do nothing.
 *
 * @param event what {@link InsideCallSchema} takes; never logged
 */
export async function handler(event: unknown): Promise<Receipt | Closing | Survey> {
  const { call, token } = v.parse(InsideCallSchema, event);
  logger.resetKeys();
  logger.appendKeys({ action: call.action });
  return perform(call, token);
}

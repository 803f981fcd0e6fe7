import * as v from 'valibot';
import type { DispositionDecision, Replacement } from '../../domain/disposition.ts';
import { RemediationCallSchema } from '../../domain/messages.ts';
import { variable } from '../adapters/environment.ts';
import { readRun } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';
import { handleFailure } from './handle-failure.ts';
import { keep } from './keep.ts';
import { Refused } from './refused.ts';
import { replace } from './replace.ts';

const rules = variable('RULES');

/**
 * Decides what happens to a node that was not released, replaces it if so decided, and completes the launch hook of an
 * instance that stays. Each is done only if the run record allows it, and may be repeated.
 *
 * @param event a {@link RemediationCallSchema} value
 * @throws an error named `Refused` if the run record does not allow the call
 */
export async function handler(event: unknown): Promise<DispositionDecision | Replacement | { readonly kept: boolean }> {
  const call = v.parse(RemediationCallSchema, event);
  logger.appendKeys({ instanceId: call.key.instanceId, action: call.action });
  const known = await readRun(call.key);
  if (known?.launch === undefined) throw new Refused('the launch is not in the ledger');
  const run = { ...known, launch: known.launch };
  const answer =
    call.action === 'decide'
      ? await handleFailure(run, rules)
      : call.action === 'replace'
        ? await replace(run, rules)
        : await keep(run);
  logger.info('decided', { answer });
  return answer;
}

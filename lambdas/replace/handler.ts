import * as v from 'valibot';
import { type Judgement, ReplaceCallSchema, type Replacement } from '../../domain/verdict.ts';
import { variable } from '../adapters/environment.ts';
import { logger } from '../adapters/telemetry.ts';
import { completeHook } from '../adapters/terminations.ts';
import { judge, type Rules } from './judge.ts';
import { replace } from './replace.ts';

const rules = JSON.parse(variable('RULES')) as Rules;

/**
 * Decides what becomes of a node that was not released, and has it replaced where that is the decision; and lets an instance into service
 * that a launch hook holds. Each may be asked again.
 *
 * @param event a ReplaceCall
 */
export async function handler(event: unknown): Promise<Judgement | Replacement | { readonly kept: boolean }> {
  const call = v.parse(ReplaceCallSchema, event);
  const { node } = call;
  logger.appendKeys({ instanceId: node.instanceId, action: call.action });
  const answer =
    call.action === 'judge'
      ? await judge(call, rules)
      : call.action === 'replace'
        ? await replace(call, rules)
        : { kept: node.hook !== undefined && (await completeHook(node.instanceId, node.hook, 'CONTINUE')) };
  logger.info('decided', { answer });
  return answer;
}

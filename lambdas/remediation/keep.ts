import { completeHook } from '../adapters/terminations.ts';
import { Refused, type Run } from './refused.ts';

/**
 * Completes the launch hook of an instance that stays. Before the run ends, the instance would enter service unproven,
 * and a replaced one must not enter it at all.
 *
 * @throws Refused if the run has no end, or the instance was replaced
 */
export async function keep({ launch, outcome, ending }: Run): Promise<{ readonly kept: boolean }> {
  if (outcome === undefined) throw new Refused('the run has not ended');
  if (ending === 'replaced') throw new Refused('the instance was replaced');
  return { kept: launch.hook !== undefined && (await completeHook(launch.instanceId, launch.hook, 'CONTINUE')) };
}

import { type Breaker, breakerKey, isOpen, probeFor, probeUntil, scopeOf } from '../../domain/breaker.ts';
import { runId } from '../../domain/ledger.ts';
import type { WaitingLaunch } from '../../domain/messages.ts';
import { takeProbe } from '../adapters/breakers.ts';
import { waitForProbe } from './decide.ts';

/**
 * Lets one node at a time become the probe while the breaker for its pool and version is open.
 *
 * @param breakers by their partition key
 * @returns what to do with a node that is not the probe; undefined if its command may be sent
 */
export async function askForProbe(
  message: WaitingLaunch,
  breakers: ReadonlyMap<string, Breaker>,
): Promise<ReturnType<typeof waitForProbe> | undefined> {
  const { launch } = message;
  const scope = scopeOf(launch, message.request);
  const breaker = breakers.get(breakerKey(scope).instanceId);
  if (breaker === undefined || !isOpen(breaker)) return undefined;
  const now = Date.now();
  const id = runId(launch);
  const probe = probeFor(breaker, id, now);
  if (probe === 'mine') return undefined;
  const until = probeUntil(launch, now);
  const taken = probe === 'ask' && (await takeProbe(scope, id, until, new Date(now).toISOString()));
  return taken ? undefined : waitForProbe(message, now);
}

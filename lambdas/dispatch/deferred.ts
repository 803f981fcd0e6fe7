import { launchRef, msBetween } from '../../domain/events.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import type { WaitingLaunch } from '../../domain/messages.ts';
import type { tryPublish } from '../adapters/bus.ts';
import { recordDeferral } from '../adapters/ledger.ts';

/** A launch whose agent is online and whose command has to wait. */
export interface Deferred {
  readonly message: WaitingLaunch;
  readonly onlineAt: string;
  readonly because: 'agent-too-old' | 'breaker-open' | 'mirror-refused' | 'throttled' | 'unreachable';
}

/**
 * Publishes that a command has to wait although the agent is online, once per run: a node may wait for minutes. The
 * event is published first and recorded second, so the next look at the node publishes it if this one could not.
 *
 * @param runs by {@link runId}
 * @param publish returns whether the events were published
 */
export async function reportDeferred(
  deferred: readonly Deferred[],
  runs: ReadonlyMap<string, RunRecord>,
  publish: typeof tryPublish,
): Promise<void> {
  const first = deferred.filter(({ message }) => runs.get(runId(message.launch))?.deferredAt === undefined);
  if (first.length === 0) return;
  const at = new Date().toISOString();
  const published = await publish(
    first.map(({ message: { launch, request }, onlineAt, because }) => ({
      type: 'Command Deferred',
      detail: {
        at,
        next: because === 'breaker-open' ? 'breaker-closes' : 'retry',
        ...launchRef(launch),
        tookMs: msBetween(onlineAt, at),
        request,
        onlineAt,
        because,
      },
    })),
  );
  if (published) await Promise.all(first.map(({ message }) => recordDeferral(message.launch, at)));
}

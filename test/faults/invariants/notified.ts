import { endingOf, isOutcome, makesRoom } from '../../../domain/outcomes.ts';
import type { FaultRun } from '../fault-run.ts';
import type { Invariant } from './invariant.ts';

/** Reconcile runs every two minutes, and a run that a fault ends is made up for by the next. */
const reportedWithinMs = 5 * 60_000;

/** An incident that opens, grows tenfold twice and is over. */
const mostMessages = 4;

/** Nodes that fail alike are reported to people once, and not once each. */
export const notified: Invariant = {
  name: 'notifications',
  violations(faultRun) {
    const failures = failuresOf(faultRun);
    const messages = [...faultRun.world.services.sns.topics.values()].flatMap((topic) => topic.messages);
    const titles = messages.map(({ message }) => message.split('\n')[0] ?? '');
    const silent = [...failures.keys()].filter((scope) => !titles.some((title) => title.includes(scope)));
    const most = failures.size * mostMessages;
    return [
      ...silent.map((scope) => `no message reports ${scope}`),
      ...(messages.length > most ? [`${messages.length} messages for ${failures.size} kinds of failures`] : []),
    ];
  },
};

/** How often nodes failed, by outcome, cluster and pool as a message names them. */
function failuresOf({ watch, clock }: FaultRun): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { type, outcome, text, endedAt } of watch.ends) {
    const isFailure =
      type !== 'Launch Discarded' &&
      isOutcome(outcome) &&
      !makesRoom(outcome) &&
      !['done', 'discard'].includes(endingOf(outcome));
    if (!isFailure || clock.now() - endedAt < reportedWithinMs) continue;
    const { cluster, pool, instanceId } = JSON.parse(text) as Readonly<Record<string, string>>;
    const scope = `${outcome} in ${cluster}/${pool === instanceId || pool === '' ? 'none' : pool}`;
    counts.set(scope, (counts.get(scope) ?? 0) + 1);
  }
  return counts;
}

import { type BackOff, doubledPause } from '../../domain/back-off.ts';
import { type Breaker, breakerKey, isOpen, scopeOf } from '../../domain/breaker.ts';
import type { Launch } from '../../domain/launch.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';

/** How long a node rests after a way until it is sent on another: doubled with each way. */
const rests: BackOff = { firstMs: 5 * 60_000, longestMs: 60 * 60_000 };

/** Why a node goes its way again. */
export type Reason = Pick<NonNullable<Launch['rerun']>, 'why' | 'reason'>;

/** A node that could be tried once more, and how its last way ended. */
export interface Held {
  readonly admission: Admission;
  readonly run: RunRecord;
}

/**
 * What a node is sent on its next way with: it has as long from now as it would have had from its launch. A launch hook was answered at the
 * end of its first way.
 *
 * @param admission what its launch would be admitted as today
 * @param run its latest way
 * @param now milliseconds since the epoch
 */
export function planRerun({ launch: node, request }: Admission, run: RunRecord, why: Reason, now: number): Admission {
  const { hook: _, ...rest } = node;
  const released = why.why === 'drifted' || run.launch?.rerun?.released === true;
  const rerun = { ...why, released, attempt: attemptOf(run) + 1 };
  return { launch: { ...rest, ...fromNow(node, now), rerun }, ...(request === undefined ? {} : { request }) };
}

/** Until when a node has time that is found only now: as long as it would have had from its launch. */
export function fromNow({ deadline, launchedAt }: Launch, now: number): Pick<Launch, 'deadline'> {
  return { deadline: new Date(now + Date.parse(deadline) - Date.parse(launchedAt)).toISOString() };
}

/** Whether a node has rested after its latest way. The first way needs no rest: what was seen since then is new. */
export function hasRested(run: RunRecord, now: number): boolean {
  const attempt = attemptOf(run);
  return attempt === 0 || now - Date.parse(run.endedAt ?? '') >= doubledPause(rests, attempt - 1);
}

/** Whether a way ended behind the gate because the breaker was open, or no one could judge; not if no one tried to prove it again. */
export function isHeld({ ending, outcome, launch: node }: RunRecord): boolean {
  return ending === 'held' && !(node?.rerun?.why === 'drifted' && outcome === 'breaker-open');
}

/**
 * Which of the nodes that were held are tried once more: all whose breaker is closed, and for each that is open the one that has waited
 * longest, unless another is tried at this time. Without it a pool whose nodes are all held would stay so: its autoscaler waits for them, and
 * launches none that could be tried.
 *
 * @param runs the latest ways of all that were looked at
 * @param breakers by the partition key of their rows
 */
export function decideRetries(
  held: readonly Held[],
  runs: Iterable<RunRecord>,
  breakers: ReadonlyMap<string, Breaker>,
  now: number,
): Admission[] {
  const tried = new Set([...runs].filter(canRerun).map((run) => breakerKey(scopeOf(run, run.request)).instanceId));
  const byScope = Map.groupBy(
    held,
    ({ admission: { launch: node, request } }) => breakerKey(scopeOf(node, request)).instanceId,
  );
  return [...byScope].flatMap(([key, ofScope]) => {
    const open = isOpen(breakers.get(key));
    if (open && tried.has(key)) return [];
    const rested = ofScope
      .filter(({ run: row }) => hasRested(row, now) && (!open || now - Date.parse(row.endedAt ?? '') >= rests.firstMs))
      .toSorted((a, b) => (a.run.endedAt ?? '').localeCompare(b.run.endedAt ?? ''));
    return (open ? rested.slice(0, 1) : rested).map(({ admission }) => admission);
  });
}

/** Whether a row is of a node that was held and is tried once more at this time. */
function canRerun({ launch: node, outcome }: RunRecord): boolean {
  return node?.rerun?.why === 'held' && outcome === undefined;
}

function attemptOf({ launch: node }: RunRecord): number {
  return node?.rerun?.attempt ?? 0;
}

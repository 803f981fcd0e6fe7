import { type BackOff, doubledPause } from '../../domain/back-off.ts';
import { type Breaker, breakerKey, isOpen, scopeOf } from '../../domain/breaker.ts';
import type { LedgerRow } from '../../domain/ledger.ts';
import type { Admission } from '../../domain/messages.ts';
import type { Node } from '../../domain/node.ts';

/** How long a node rests after a way until it is sent on another: doubled with each way. */
const rests: BackOff = { firstMs: 5 * 60_000, longestMs: 60 * 60_000 };

/** Why a node goes its way again. */
export type Reason = Pick<NonNullable<Node['again']>, 'why' | 'reason'>;

/** A node that could be tried once more, and how its last way ended. */
export interface Held {
  readonly admission: Admission;
  readonly row: LedgerRow;
}

/**
 * What a node is sent on its next way with: it has as long from now as it would have had from its launch. A launch hook was answered at the
 * end of its first way.
 *
 * @param admission what its launch would be admitted as today
 * @param row its latest way
 * @param now milliseconds since the epoch
 */
export function nextWay({ node, request }: Admission, row: LedgerRow, why: Reason, now: number): Admission {
  const { hook: _, ...rest } = node;
  const released = why.why === 'drifted' || row.node?.again?.released === true;
  const again = { ...why, released, attempt: attemptOf(row) + 1 };
  return { node: { ...rest, ...fromNow(node, now), again }, ...(request === undefined ? {} : { request }) };
}

/** Until when a node has time that is found only now: as long as it would have had from its launch. */
export function fromNow({ deadline, launchedAt }: Node, now: number): Pick<Node, 'deadline'> {
  return { deadline: new Date(now + Date.parse(deadline) - Date.parse(launchedAt)).toISOString() };
}

/** Whether a node has rested after its latest way. The first way needs no rest: what was seen since then is new. */
export function hasRested(row: LedgerRow, now: number): boolean {
  const attempt = attemptOf(row);
  return attempt === 0 || now - Date.parse(row.endedAt ?? '') >= doubledPause(rests, attempt - 1);
}

/** Whether a way ended behind the gate because the breaker was open, or nobody could judge; not where nobody tried to prove it anew. */
export function isHeld({ ending, outcome, node }: LedgerRow): boolean {
  return ending === 'held' && !(node?.again?.why === 'drifted' && outcome === 'breaker-open');
}

/**
 * Which of the nodes that were held are tried once more: all whose breaker is closed, and for each that is open the one that has waited
 * longest, unless another is tried at this time. Without it a pool whose nodes are all held would stay so: its autoscaler waits for them, and
 * launches none that could be tried.
 *
 * @param rows the latest ways of all that were looked at
 * @param breakers by the partition key of their rows
 */
export function decideRetries(
  held: readonly Held[],
  rows: Iterable<LedgerRow>,
  breakers: ReadonlyMap<string, Breaker>,
  now: number,
): Admission[] {
  const tried = new Set([...rows].filter(isTriedAgain).map((row) => breakerKey(scopeOf(row, row.request)).instanceId));
  const byScope = Map.groupBy(
    held,
    ({ admission: { node, request } }) => breakerKey(scopeOf(node, request)).instanceId,
  );
  return [...byScope].flatMap(([key, ofScope]) => {
    const open = isOpen(breakers.get(key));
    if (open && tried.has(key)) return [];
    const rested = ofScope
      .filter(({ row }) => hasRested(row, now) && (!open || now - Date.parse(row.endedAt ?? '') >= rests.firstMs))
      .toSorted((a, b) => (a.row.endedAt ?? '').localeCompare(b.row.endedAt ?? ''));
    return (open ? rested.slice(0, 1) : rested).map(({ admission }) => admission);
  });
}

/** Whether a row is of a node that was held and is tried once more at this time. */
function isTriedAgain({ node, outcome }: LedgerRow): boolean {
  return node?.again?.why === 'held' && outcome === undefined;
}

function attemptOf({ node }: LedgerRow): number {
  return node?.again?.attempt ?? 0;
}

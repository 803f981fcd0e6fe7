import * as v from 'valibot';
import { type AirlockEvent, type DetailType, eventProblem } from './event-schema.ts';
import { source } from './events.ts';
import type { Launch } from './launch.ts';
import { type Ending, type RunRecord, sortKeyOf } from './ledger.ts';
import { type Receipt, ReceiptSchema } from './receipt.ts';

/** One event of the audit trail: Airlock's own, or one of an AWS service. */
export interface TrailEvent {
  /** ISO 8601, to the second. */
  readonly time: string;
  readonly source: string;
  readonly type: string;
  readonly detail: unknown;
}

const LineSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ time: v.string(), source: v.string(), 'detail-type': v.string(), detail: v.unknown() }),
);

/** Reads one line of the audit trail; undefined if it is no event. */
export function readTrailLine(line: string): TrailEvent | undefined {
  const read = v.safeParse(LineSchema, line);
  if (!read.success) return undefined;
  const { 'detail-type': type, ...rest } = read.output;
  return { ...rest, type };
}

/** How a run ended, by the event that reports it. The end of a re-verification depends on its receipt. */
const endings = {
  'Node Released': 'released',
  'Node Reverified': 'released',
  'Node Quarantined': 'quarantined',
  'Node Replaced': 'replaced',
  'Node Held': 'held',
  'Launch Discarded': 'discarded',
} as const satisfies Partial<Record<DetailType, Ending>>;

type Run = { -readonly [Field in keyof RunRecord]: RunRecord[Field] };

/**
 * Rebuilds the run records of the ledger from the audit trail by itself, each with its receipt. The bus may deliver an
 * event more than once and in any order; the first end counts, as in the ledger.
 *
 * @returns the runs in the order of their keys, with the fields that the trail has
 */
export function rebuildRuns(trail: readonly TrailEvent[]): readonly RunRecord[] {
  const runs = new Map<string, Run>();
  for (const event of trail.flatMap(ownEvent).toSorted((one, other) => compare(one.detail.at, other.detail.at))) {
    if (!('run' in event.detail)) continue;
    const { instanceId, launchedAt, cluster, pool, run: attempt } = event.detail;
    const key = { instanceId, launchedAt: sortKeyOf({ launchedAt, ...(attempt === 0 ? {} : { rerun: { attempt } }) }) };
    const id = `${key.instanceId} ${key.launchedAt}`;
    const run = runs.get(id) ?? { ...key, cluster, pool };
    runs.set(id, run);
    add(run, event);
  }
  return [...runs].toSorted(([one], [other]) => compare(one, other)).map(([, run]) => run);
}

function add(run: Run, event: AirlockEvent): void {
  switch (event.type) {
    case 'Node Admitted': {
      const { at, execution, request, refused } = event.detail;
      Object.assign(run, { admittedAt: at, execution, launch: launchOf(event.detail) });
      if (request !== undefined) run.request = request;
      if (refused !== undefined) run.refused = refused;
      break;
    }
    case 'Command Sent': {
      const { at, commandId, onlineAt, document, verb, attempt } = event.detail;
      Object.assign(run, { sentAt: at, commandId, onlineAt, document, verb, attempt });
      break;
    }
    case 'Node Proven':
      run.installation = event.detail.installation;
      break;
    case 'Installation Failed':
      run.failure = { outcome: event.detail.outcome, detail: event.detail.detail };
      break;
    default: {
      if (run.receipt !== undefined || !('endedAt' in event.detail)) return;
      const receipt = v.parse(ReceiptSchema, event.detail);
      const { outcome, endedAt } = receipt;
      Object.assign(run, { receipt, outcome, endedAt, ending: endingIn(event.type, receipt) });
    }
  }
}

function endingIn(type: DetailType, { outcome }: Receipt): Ending {
  if (type === 'Reverification Failed') return outcome === 'instance-gone' ? 'discarded' : 'quarantined';
  return endings[type as keyof typeof endings];
}

function launchOf(detail: Extract<AirlockEvent, { type: 'Node Admitted' }>['detail']): Launch {
  const { instanceId, launchedAt, cluster, pool, nodeName, providerId, imageId, deadline, rerun, relaunched } = detail;
  return {
    ...{ instanceId, launchedAt, cluster, pool, nodeName, providerId, deadline },
    ...(imageId === undefined ? {} : { imageId }),
    ...(rerun === undefined ? {} : { rerun }),
    ...(relaunched === undefined ? {} : { relaunched }),
  };
}

/** Airlock's own event in a line; nothing for one of AWS, or of another version of the schema. */
function ownEvent({ source: from, type, detail }: TrailEvent): AirlockEvent[] {
  return from === source && eventProblem(type, detail) === undefined ? [{ type, detail } as AirlockEvent] : [];
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

import * as v from 'valibot';
import type { DetailType, EventDetails } from '../../../domain/event-schema.ts';
import { type Receipt, ReceiptSchema } from '../../../domain/receipt.ts';

/** One event of the audit trail. */
export type AuditEvent = {
  readonly [T in DetailType]: {
    readonly id: string;
    readonly source: string;
    /** ISO 8601. */
    readonly time: string;
    readonly 'detail-type': T;
    readonly detail: EventDetails[T];
  };
}[DetailType];

/** A point in a node's run. */
export interface Stage {
  readonly name:
    | 'launched'
    | 'agent online'
    | 'installing'
    | 'proven'
    | 'released'
    | 'quarantined'
    | 'replaced'
    | 'held'
    | 'forgotten'
    | 'reverified'
    | 'disproven';
  /** Milliseconds since the launch. */
  readonly ms: number;
}

/** The stage that each final event reports. */
const ends: Partial<Readonly<Record<DetailType, Stage['name']>>> = {
  'Node Released': 'released',
  'Node Quarantined': 'quarantined',
  'Node Replaced': 'replaced',
  'Node Held': 'held',
  'Launch Discarded': 'forgotten',
  'Node Reverified': 'reverified',
  'Reverification Failed': 'disproven',
};

/** The instance that an event is about; empty if there is none. */
export function instanceOf({ detail }: AuditEvent): string {
  return ('instanceId' in detail ? detail.instanceId : undefined) ?? '';
}

/** Whether a node has ended once. */
export function hasReceipt(events: readonly AuditEvent[]): boolean {
  return events.some(({ detail }) => 'endedAt' in detail);
}

/** The receipt of a node's latest end, as recorded in the audit trail. */
export function receiptIn(events: readonly AuditEvent[]): Receipt | undefined {
  const end = events.findLast(({ detail }) => 'endedAt' in detail);
  return end !== undefined && 'endedAt' in end.detail ? v.parse(ReceiptSchema, end.detail) : undefined;
}

/** A node's stages, taken only from its events in the audit trail. */
export function stagesOf(launchedAt: number, events: readonly AuditEvent[]): Stage[] {
  const stages: Stage[] = [{ name: 'launched', ms: 0 }];
  const reach = (name: Stage['name'], at: string) => {
    if (!stages.some((stage) => stage.name === name)) stages.push({ name, ms: Date.parse(at) - launchedAt });
  };
  for (const event of events) {
    if (event['detail-type'] === 'Command Sent') {
      reach('agent online', event.detail.onlineAt);
      reach('installing', event.detail.at);
    } else if (event['detail-type'] === 'Node Proven') {
      reach('proven', event.detail.installation.settledAt);
    } else {
      const end = ends[event['detail-type']];
      if (end !== undefined && 'endedAt' in event.detail) reach(end, event.detail.endedAt);
    }
  }
  return stages;
}

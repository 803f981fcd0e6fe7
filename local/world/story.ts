import type { DetailType, Told } from '../../domain/events.ts';
import { endingOf } from '../../domain/outcomes.ts';
import type { Receipt } from '../../domain/receipt.ts';

/** One event of the audit trail. */
export type AuditEvent = {
  readonly [T in DetailType]: {
    readonly id: string;
    /** ISO 8601. */
    readonly time: string;
    readonly 'detail-type': T;
    readonly detail: Told[T];
  };
}[DetailType];

/** A point on the way of a node. */
export interface Stage {
  readonly name: 'launched' | 'agent online' | 'installing' | 'proven' | 'released' | 'quarantined' | 'forgotten';
  /** Milliseconds since the launch. */
  readonly ms: number;
}

/** Which instance an event is about. */
export function instanceOf(event: AuditEvent): string {
  return 'node' in event.detail ? event.detail.node.instanceId : event.detail.instanceId;
}

/** The receipt with which a node ended, as the audit trail has it. */
export function receiptIn(events: readonly AuditEvent[]): Receipt | undefined {
  for (const event of events) if ('outcome' in event.detail) return event.detail;
  return undefined;
}

/** The stages of one node, made of its events in the audit trail alone. */
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
    } else if ('outcome' in event.detail) {
      const { outcome, endedAt } = event.detail;
      const next = endingOf(outcome);
      reach(next === 'done' ? 'released' : next === 'forget' ? 'forgotten' : 'quarantined', endedAt);
    }
  }
  return stages;
}

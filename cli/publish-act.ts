import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import * as v from 'valibot';
import { eventSchemas } from '../domain/event-schema.ts';
import { type EventDraft, source, stampEvent } from '../domain/events.ts';

/** How an operator's command reaches the bus. */
export interface OperatorBus {
  readonly events: EventBridgeClient;
  readonly sts: STSClient;
  /** The name of the bus that Airlock publishes on. */
  readonly bus: string;
}

/** What an operator did: the detail of `Operator Acted` without the fields that {@link publishAct} adds. */
export type Act = Extract<EventDraft, { type: 'Operator Acted' }>['detail'];

/**
 * Publishes what an operator did, with the ARN that STS reports for the caller.
 *
 * @throws the SDK's error if STS or the bus refuses the call, and Error if the bus rejects the event
 */
export function publishAct(to: OperatorBus, act: Act): Promise<void> {
  return publishAsOperator(to, [{ type: 'Operator Acted', detail: act }]);
}

/** Publishes up to ten events as an operator, like {@link publishAct}. Text is made safe to show. */
export async function publishAsOperator({ events, sts, bus }: OperatorBus, drafts: readonly EventDraft[]) {
  const { Arn: name = '' } = await sts.send(new GetCallerIdentityCommand({}));
  const Entries = drafts.map((draft) => {
    const { type, detail } = stampEvent(draft, { kind: 'operator', name });
    const Detail = JSON.stringify(v.parse(eventSchemas[type], detail));
    return { EventBusName: bus, Source: source, DetailType: type, Detail };
  });
  const answer = await events.send(new PutEventsCommand({ Entries }));
  const rejected = answer.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined);
  if (rejected !== undefined) throw new Error(`the bus rejected the event: ${rejected.ErrorMessage}`);
}

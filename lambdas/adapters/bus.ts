import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { type BackOff, jitteredPause } from '../../domain/back-off.ts';
import { type EventDraft, source, stampEvent } from '../../domain/events.ts';
import { lambdaVariable, variable } from './environment.ts';
import { logger } from './telemetry.ts';
import { systemTime } from './time.ts';

const bus = variable('EVENT_BUS');

const client = new EventBridgeClient({ maxAttempts: 5 });

/** PutEvents accepts at most ten entries per call. */
const entriesPerCall = 10;

/** How often failed entries are sent: a response with status 200 can contain failed entries, usually throttled ones. */
const rounds = 8;

/** The pauses between those rounds. */
const pauses: BackOff = { firstMs: 50, longestMs: 3_200 };

/**
 * Publishes events on Airlock's bus as this function, in order.
 *
 * @throws Error if an entry still fails after all rounds
 */
export async function publish(drafts: readonly EventDraft[]): Promise<void> {
  const actor = { kind: 'function', name: lambdaVariable('AWS_LAMBDA_FUNCTION_NAME') } as const;
  const entries = drafts.map((draft) => {
    const { type, detail } = stampEvent(draft, actor);
    return { EventBusName: bus, Source: source, DetailType: type, Detail: JSON.stringify(detail) };
  });
  for (let from = 0; from < entries.length; from += entriesPerCall) {
    await put(entries.slice(from, from + entriesPerCall));
  }
}

/**
 * Publishes events like {@link publish}, for callers that publish again later: a bus that refuses events holds up
 * nothing else.
 *
 * @returns whether all were published
 */
export async function tryPublish(drafts: readonly EventDraft[]): Promise<boolean> {
  try {
    await publish(drafts);
    return true;
  } catch (error) {
    logger.error('events could not be published', { events: drafts.length, error: error as Error });
    return false;
  }
}

/**
 * Makes a {@link tryPublish} for one call of a function. Once the bus has refused events, it is not asked again: each
 * refusal takes seconds, and the function has other work to do in its time.
 */
export function publishUntilRefused(): typeof tryPublish {
  let isOpen = true;
  return async (drafts) => {
    isOpen &&= await tryPublish(drafts);
    return isOpen;
  };
}

async function put(entries: PutEventsRequestEntry[]): Promise<void> {
  let left = entries;
  let reason = '';
  for (let round = 0; round < rounds && left.length > 0; round++) {
    if (round > 0) await systemTime.sleep(jitteredPause(pauses, round - 1, systemTime.random()));
    const answer = await client.send(new PutEventsCommand({ Entries: left }));
    if ((answer.FailedEntryCount ?? 0) === 0) return;
    reason = answer.Entries?.find((entry) => entry.ErrorCode)?.ErrorMessage ?? 'no reason given';
    left = left.filter((_, at) => answer.Entries?.[at]?.ErrorCode !== undefined);
  }
  if (left.length > 0) throw new Error(`the bus rejected ${left.length} events: ${reason}`);
}

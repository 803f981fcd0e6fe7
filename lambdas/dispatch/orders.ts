import { randomUUID } from 'node:crypto';
import { type AirlockEvent, launchRef } from '../../domain/events.ts';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import type { WaitingLaunch } from '../../domain/messages.ts';
import type { SentVerb } from '../../domain/parameters.ts';
import { publish } from '../adapters/bus.ts';
import { sendCommand } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { fail } from '../adapters/executions.ts';
import { claim, recordCommand, releaseClaim } from '../adapters/ledger.ts';
import { count } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import type { Waiting } from './messages.ts';
import { deliver } from './send.ts';

/** The checksums that the deployed documents pin, by runtime, version and architecture. */
const checksums = variable('CHECKSUMS');

/**
 * How long SSM tries to deliver a command, in seconds. The agent was just online; a longer time could exceed the node's
 * deadline.
 */
const deliverySeconds = 120;

/** A launch that is ready for its command, with the content of the command. */
export interface Ready extends Waiting {
  readonly onlineAt: string;
  readonly verb: SentVerb;
  readonly parameters: Readonly<Record<string, string>>;
  readonly document: string;
  readonly documentHash: string;
}

/**
 * Claims the attempts, sends the command, publishes and records it, in this order. After an interruption between two
 * steps, the command can be found by the claim's batch ID.
 *
 * @returns the launches whose command was sent, and those that have to wait
 */
export async function sendGroup(
  group: readonly Ready[],
  runs: ReadonlyMap<string, RunRecord>,
): Promise<{ readonly sent: readonly Ready[]; readonly waits: readonly Waiting[] }> {
  const batchId = randomUUID();
  const at = new Date().toISOString();
  const claims = await Promise.all(
    group.map(({ message, verb, document, onlineAt }) =>
      claim({
        ...message,
        verb,
        batchId,
        document,
        checksums: checksums[message.request.runtime]?.[message.request.version] ?? {},
        onlineAt,
        at,
        over: runs.get(runId(message.launch)),
      }),
    ),
  );
  const mine = group.filter((_, index) => claims[index]);
  const [first] = mine;
  const back = group.filter((_, index) => !claims[index]);
  if (first === undefined) return { sent: [], waits: back };

  const delivery = await deliver(
    {
      document: first.document,
      documentHash: first.documentHash,
      parameters: first.parameters,
      instanceIds: mine.map(({ message }) => message.launch.instanceId),
      batchId,
      deliverySeconds,
    },
    { send: sendCommand, time: systemTime },
  );
  const byId = new Map(mine.map((one) => [one.message.launch.instanceId, one]));
  const pick = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);

  for (const { instanceIds, commandId, at: sentAt } of delivery.sent) {
    const went = pick(instanceIds);
    await publish(
      went.map(({ message, document, onlineAt }) => sending(message, document, onlineAt, { commandId, at: sentAt })),
    );
    await Promise.all(went.map(({ message }) => recordCommand(message.launch, batchId, commandId, sentAt)));
    count('CommandSent', went.length);
  }
  for (const { instanceId, outcome, message } of delivery.denied) {
    for (const { message: waiting } of pick([instanceId])) {
      await releaseClaim(waiting.launch, batchId);
      await fail(waiting.token, { outcome, detail: message });
    }
  }
  count('CommandThrottled', delivery.throttled.length);
  const notSent = pick([...delivery.unreachable, ...delivery.throttled]);
  await Promise.all(notSent.map(({ message }) => releaseClaim(message.launch, batchId)));
  return { sent: delivery.sent.flatMap(({ instanceIds }) => pick(instanceIds)), waits: [...back, ...notSent] };
}

/** Builds the event for a command that was sent to a node. */
export function sending(
  { launch, request }: WaitingLaunch,
  document: string,
  onlineAt: string,
  { commandId, at }: { readonly commandId: string; readonly at: string },
): AirlockEvent {
  return { type: 'Command Sent', detail: { launch: launchRef(launch), request, commandId, document, onlineAt, at } };
}

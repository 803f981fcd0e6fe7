import { randomUUID } from 'node:crypto';
import { type RunRecord, runId } from '../../domain/ledger.ts';
import { sourceLifeSeconds } from '../../domain/mirror.ts';
import type { tryPublish } from '../adapters/bus.ts';
import { sendCommand } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { fail } from '../adapters/executions.ts';
import { claim, recordCommand, releaseClaim } from '../adapters/ledger.ts';
import { signSources } from '../adapters/mirror-reader.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import type { Deferred } from './deferred.ts';
import { sentEvent } from './events.ts';
import type { ReadyLaunch, Waiting } from './messages.ts';
import { deliver } from './send.ts';

/** Where nodes read the files, if not upstream. */
const mirror = variable('MIRROR');

/**
 * How long SSM tries to deliver a command, in seconds. The agent was just online; a longer time could exceed the node's
 * deadline.
 */
const deliverySeconds = 120;

/**
 * Claims the attempts, sends the command, publishes and records it, in this order. After an interruption between two
 * steps, the command can be found by the claim's batch ID.
 *
 * @param publish returns whether the events were published
 * @returns the launches whose command was sent, those of them whose event is still to be published, those that have to
 *   wait, and why SSM took no command for some of them
 */
export async function sendGroup(
  group: readonly ReadyLaunch[],
  runs: ReadonlyMap<string, RunRecord>,
  publish: typeof tryPublish,
): Promise<{
  readonly sent: readonly ReadyLaunch[];
  readonly unpublished: readonly Waiting[];
  readonly waits: readonly Waiting[];
  readonly deferred: readonly Deferred[];
}> {
  const sources = await sourcesOf(group);
  if (sources === undefined) {
    const deferred = group.map((one) => ({ ...one, because: 'mirror-refused' as const }));
    return { sent: [], unpublished: [], waits: group, deferred };
  }
  const batchId = randomUUID();
  const at = new Date().toISOString();
  const claims = await Promise.all(
    group.map(({ message, verb, document, checksums, onlineAt }) =>
      claim({
        ...message,
        verb,
        batchId,
        document,
        checksums,
        onlineAt,
        at,
        over: runs.get(runId(message.launch)),
      }),
    ),
  );
  const mine = group.filter((_, index) => claims[index]);
  const [first] = mine;
  const back = group.filter((_, index) => !claims[index]);
  if (first === undefined) return { sent: [], unpublished: [], waits: back, deferred: [] };

  const delivery = await deliver(
    {
      document: first.document,
      documentHash: first.documentHash,
      parameters: { ...first.parameters, ...sources },
      instanceIds: mine.map(({ message }) => message.launch.instanceId),
      batchId,
      deliverySeconds,
    },
    { send: sendCommand, time: systemTime },
  );
  const byId = new Map(mine.map((one) => [one.message.launch.instanceId, one]));
  const pick = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);

  const unpublished: ReadyLaunch[] = [];
  for (const { instanceIds, commandId, at: sentAt } of delivery.sent) {
    const went = pick(instanceIds);
    const published = await publish(went.map((order) => sentEvent(order, { commandId, at: sentAt })));
    if (published)
      await Promise.all(went.map(({ message }) => recordCommand(message.launch, batchId, commandId, sentAt)));
    else unpublished.push(...went);
    count('CommandSent', went.length);
  }
  for (const { instanceId, outcome, message } of delivery.denied) {
    for (const { message: waiting } of pick([instanceId])) {
      await releaseClaim(waiting.launch, batchId);
      await fail(waiting.token, { outcome, detail: message });
    }
  }
  count('CommandThrottled', delivery.throttled.length);
  const because = (reason: Deferred['because']) => (one: ReadyLaunch) => ({ ...one, because: reason });
  const deferred = [
    ...pick(delivery.unreachable).map(because('unreachable')),
    ...pick(delivery.throttled).map(because('throttled')),
  ];
  await Promise.all(deferred.map(({ message }) => releaseClaim(message.launch, batchId)));
  const sent = delivery.sent.flatMap(({ instanceIds }) => pick(instanceIds));
  return { sent, unpublished, waits: [...back, ...deferred], deferred };
}

/**
 * Signs the addresses that the nodes of a group read. They are in the command alone: events and the ledger have the
 * parameters without them.
 *
 * @returns none without a mirror, and for a document that downloads nothing; undefined if this function may not sign
 * now
 */
async function sourcesOf([first]: readonly ReadyLaunch[]): Promise<Readonly<Record<string, string>> | undefined> {
  if (mirror === undefined || first?.verb !== 'install') return {};
  const life = sourceLifeSeconds(Number(first.parameters['Seconds']), deliverySeconds);
  try {
    return await signSources(mirror, first.checksums, life);
  } catch (error) {
    logger.error("the mirror's reader cannot be assumed, so no address can be signed", {
      reader: mirror.reader,
      error: error as Error,
    });
    return undefined;
  }
}

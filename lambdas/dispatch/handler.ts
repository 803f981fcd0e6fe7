import { randomUUID } from 'node:crypto';
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { agentsKey } from '../../domain/agents.ts';
import { breakerKey, isOpen, probeFor, probeUntil, scopeOf } from '../../domain/breaker.ts';
import type { checksumsOf } from '../../domain/catalogue.ts';
import { type Telling, whoOf } from '../../domain/events.ts';
import { rowName } from '../../domain/ledger.ts';
import { type CommandMessage, CommandMessageSchema, type WaitingNode } from '../../domain/messages.ts';
import { triedUntil } from '../../domain/node.ts';
import { parametersFor, type SentVerb, timeStep } from '../../domain/parameters.ts';
import type { Runtime } from '../../domain/runtimes.ts';
import { arrivalsOf } from '../adapters/arrivals.ts';
import { type Growth, workOnBatch } from '../adapters/batches.ts';
import { breakersOf, takeProbe } from '../adapters/breakers.ts';
import { tell } from '../adapters/bus.ts';
import { agentsOn, findCommand, sendCommand } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { fail } from '../adapters/executions.ts';
import { claim, giveBack, noteCommand, rowsOf } from '../adapters/ledger.ts';
import { type Deferral, deferAll, depthOf, type ReceivedMessage } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { systemTime } from '../adapters/time.ts';
import { heldBack, next, verbFor, waitingNodeOf } from './decide.ts';
import { deliver } from './send.ts';
import { noteShown } from './shown.ts';
import { patientWait } from './waiting.ts';

/** The deployed documents by verb and runtime; an execution never names one, so that a deploy in mid-flight is harmless. */
const documents = JSON.parse(variable('DOCUMENTS')) as Record<
  SentVerb,
  Partial<Record<Runtime, { readonly name: string; readonly hash: string }>>
>;
/** The checksums that those documents pin, by runtime, release and architecture. */
const checksums = JSON.parse(variable('CHECKSUMS')) as ReturnType<typeof checksumsOf>;
const queueUrl = variable('QUEUE');

/** How long SSM tries to deliver a command to an agent that was online a moment ago; a longer one would outlive the node's deadline. */
const deliverySeconds = 120;

/**
 * As many nodes as one command takes. Under load a second's nodes share a command: two functions then send one or two commands a second, where AWS
 * throttles SendCommand early.
 */
const growth: Growth = { atMost: 50, waitSeconds: 1 };

/** From how many nodes in a batch on the queue is asked how many wait: fewer are all that do. */
const crowd = 10;

interface Waiting {
  readonly record: ReceivedMessage;
  readonly message: WaitingNode;
}

interface Ready extends Waiting {
  readonly onlineAt: string;
  readonly verb: SentVerb;
  readonly parameters: Readonly<Record<string, string>>;
  readonly document: string;
  readonly documentHash: string;
}

/**
 * Takes waiting nodes out of the queue and sends one command for all of them that are online and ask for the same. A node that is not
 * online yet stays in the queue and becomes visible again in some seconds.
 */
export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return workOnBatch(queueUrl, event, growth, dispatch);
}

async function dispatch(records: readonly ReceivedMessage[]): Promise<readonly SQSBatchItemFailure[]> {
  const messages = records.flatMap(readMessage);
  if (messages.length === 0) return [];
  const rows = await rowsOf(messages.map(({ message }) => message.key));
  const waiting = messages.flatMap(({ record, message }) => {
    const found = waitingNodeOf(message, rows.get(rowName(message.key)));
    if (found !== undefined) return [{ record, message: found }];
    logger.warn('a message in the dispatch queue is none of a run that the ledger knows', { key: message.key });
    return [];
  });
  count('MessageRefused', messages.length - waiting.length);
  if (waiting.length === 0) return [];
  const nodes = waiting.map(({ message }) => message.node);
  const [agents, breakers, arrivals, depth] = await Promise.all([
    agentsOn([...new Set(nodes.map(({ instanceId }) => instanceId))]),
    breakersOf(waiting.map(({ message }) => scopeOf(message.node, message.request))),
    arrivalsOf(nodes),
    nodes.length < crowd ? nodes.length : depthOf(queueUrl),
  ]);
  const deferrals: Deferral[] = [];
  const ready = new Map<string, Ready>();
  const looked = new Map<string, ReturnType<typeof findCommand>>();
  const lookFor = (batchId: string, since: string) => {
    const search = looked.get(batchId) ?? findCommand(batchId, since);
    looked.set(batchId, search);
    return search;
  };
  for (const one of waiting) {
    const { node, request, token } = one.message;
    const row = rows.get(rowName(node));
    const beside = { arrivals: arrivals.get(agentsKey(node).instanceId) ?? [], nodes: depth };
    const decided = next(one.message, row, agents.get(node.instanceId), beside, Date.now());
    const step = decided.step === 'send' ? ((await held(one.message, breakers)) ?? decided) : decided;
    const verb = verbFor(node);
    const deployed = documents[verb][request.runtime];
    const parameters = parametersFor(verb, { ...request, seconds: timeStep(triedUntil(node) - Date.now()) });
    logger.debug('decided', { instanceId: node.instanceId, step });
    if (step.step === 'wait') {
      deferrals.push({ record: one.record, seconds: step.seconds });
    } else if (step.step === 'refuse') {
      await fail(token, step.failure);
    } else if (deployed === undefined) {
      await fail(token, { outcome: 'unknown-runtime', detail: `no document is deployed for ${request.runtime}` });
    } else if (step.step !== 'drop') {
      const found = step.step === 'look' ? await lookFor(step.batchId, row?.claimedAt ?? node.launchedAt) : undefined;
      if (step.step === 'look' && found?.instanceIds.includes(node.instanceId)) {
        await tell([sending(one.message, deployed.name, step.onlineAt, found)]);
        await noteCommand(node, step.batchId, found.commandId, found.at);
      } else {
        const { name: document, hash: documentHash } = deployed;
        ready.set(rowName(node), { ...one, onlineAt: step.onlineAt, verb, parameters, document, documentHash });
      }
    }
  }
  count('NodeWaiting', deferrals.length);
  // What cannot be sent now waits as well.
  for (const group of groups([...ready.values()])) {
    const { sent, waits } = await sendGroup(group, rows);
    deferrals.push(...waits.map(deferralOf));
    await noteShown(sent, arrivals);
  }
  return deferAll(queueUrl, deferrals);
}

/** While a breaker is open one node of its pool and release is tried at a time: what a node does that is not the one. */
async function held(message: WaitingNode, breakers: Awaited<ReturnType<typeof breakersOf>>) {
  const { node } = message;
  const scope = scopeOf(node, message.request);
  const breaker = breakers.get(breakerKey(scope).instanceId);
  if (breaker === undefined || !isOpen(breaker)) return undefined;
  const now = Date.now();
  const launch = rowName(node);
  const probe = probeFor(breaker, launch, now);
  if (probe === 'mine') return undefined;
  const until = probeUntil(node, now);
  const taken = probe === 'ask' && (await takeProbe(scope, launch, until, new Date(now).toISOString()));
  return taken ? undefined : heldBack(message, now);
}

/**
 * Claims, sends, tells, notes: in this order a death between two steps leaves a claim by whose batch id the command is found again.
 *
 * @returns what was sent, and what could not be now
 */
async function sendGroup(
  group: readonly Ready[],
  rows: Awaited<ReturnType<typeof rowsOf>>,
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
        checksums: checksums[message.request.runtime]?.[message.request.release] ?? {},
        onlineAt,
        at,
        over: rows.get(rowName(message.node)),
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
      instanceIds: mine.map(({ message }) => message.node.instanceId),
      batchId,
      deliverySeconds,
    },
    { send: sendCommand, time: systemTime },
  );
  const byId = new Map(mine.map((one) => [one.message.node.instanceId, one]));
  const pick = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);

  for (const { instanceIds, commandId, at: sentAt } of delivery.sent) {
    const went = pick(instanceIds);
    await tell(
      went.map(({ message, document, onlineAt }) => sending(message, document, onlineAt, { commandId, at: sentAt })),
    );
    await Promise.all(went.map(({ message }) => noteCommand(message.node, batchId, commandId, sentAt)));
    count('CommandSent', went.length);
  }
  for (const { instanceId, outcome, message } of delivery.denied) {
    for (const { message: waiting } of pick([instanceId])) {
      await giveBack(waiting.node, batchId);
      await fail(waiting.token, { outcome, detail: message });
    }
  }
  const notSent = pick([...delivery.unreachable, ...delivery.throttled]);
  await Promise.all(notSent.map(({ message }) => giveBack(message.node, batchId)));
  return { sent: delivery.sent.flatMap(({ instanceIds }) => pick(instanceIds)), waits: [...back, ...notSent] };
}

function sending(
  { node, request }: WaitingNode,
  document: string,
  onlineAt: string,
  { commandId, at }: { readonly commandId: string; readonly at: string },
): Telling {
  return { type: 'Command Sent', detail: { node: whoOf(node), request, commandId, document, onlineAt, at } };
}

function deferralOf({ record, message: { node } }: Waiting): Deferral {
  const now = Date.now();
  return { record, seconds: patientWait(now - Date.parse(node.launchedAt), triedUntil(node) - now) };
}

function groups(ready: readonly Ready[]): Ready[][] {
  const byOrder = new Map<string, Ready[]>();
  for (const one of ready) {
    const key = `${one.document} ${JSON.stringify(one.parameters)}`;
    byOrder.set(key, [...(byOrder.get(key) ?? []), one]);
  }
  return [...byOrder.values()];
}

function readMessage(record: ReceivedMessage): { record: ReceivedMessage; message: CommandMessage }[] {
  try {
    return [{ record, message: v.parse(CommandMessageSchema, JSON.parse(record.body)) }];
  } catch (error) {
    logger.error('a message in the dispatch queue is unreadable', {
      messageId: record.messageId,
      error: error as Error,
    });
    count('EventUnreadable', 1);
    return [];
  }
}

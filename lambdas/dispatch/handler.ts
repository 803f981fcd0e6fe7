import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { agentsKey } from '../../domain/agents.ts';
import { scopeOf } from '../../domain/breaker.ts';
import { workDeadline } from '../../domain/launch.ts';
import { runId } from '../../domain/ledger.ts';
import { parametersFor, timeStep } from '../../domain/parameters.ts';
import { arrivalsOf } from '../adapters/arrivals.ts';
import { workOnBatch } from '../adapters/batches.ts';
import { breakersOf } from '../adapters/breakers.ts';
import { publishUntilRefused } from '../adapters/bus.ts';
import { agentsOn, findCommand } from '../adapters/commands.ts';
import { variable } from '../adapters/environment.ts';
import { fail } from '../adapters/executions.ts';
import { recordCommand } from '../adapters/ledger.ts';
import { type Deferral, deferAll, depthOf, type Growth, type ReceivedMessage } from '../adapters/queue.ts';
import { count, logger } from '../adapters/telemetry.ts';
import { decideDispatch, refusalNow, verbFor } from './decide.ts';
import { type Deferred, reportDeferred } from './deferred.ts';
import { sentEvent } from './events.ts';
import { groupByOrder, nodesPerCommand } from './groups.ts';
import { type ReadyLaunch, readWaiting, type Waiting } from './messages.ts';
import { recordOnline } from './online.ts';
import { sendGroup } from './orders.ts';
import { askForProbe } from './probe.ts';
import { pollDelay } from './waiting.ts';

/**
 * The deployed documents, by verb and runtime. An execution never names one, so a deployment during a run is harmless.
 */
const documents = variable('DOCUMENTS');
const queueUrl = variable('QUEUE');

/** The checksums that the deployed documents pin, by runtime, version and architecture. */
const pinned = variable('CHECKSUMS');

/** The versions that nodes may get now: one may have been withdrawn since a launch was admitted. */
const versions = variable('VERSIONS');

/**
 * Twice as many nodes as one command accepts: in a burst, half of the messages are first looks at nodes whose agents
 * are still to come, and the other half fills a command. Under load, the nodes of one second share a command. Two
 * functions then send one or two commands per second, because AWS throttles SendCommand early.
 */
const growth: Growth = { atMost: 2 * nodesPerCommand, waitSeconds: 1 };

/** The batch size from which the queue's depth is read: a smaller batch has all waiting nodes. */
const crowd = 10;

/**
 * Receives waiting nodes from the queue and sends one command to all that are online and have the same request. The
 * message of a node that is not online yet stays in the queue and returns after some seconds.
 */
export function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  return workOnBatch(queueUrl, event, growth, dispatch);
}

async function dispatch(records: readonly ReceivedMessage[]): Promise<readonly SQSBatchItemFailure[]> {
  const { waiting, runs } = await readWaiting(records);
  if (waiting.length === 0) return [];
  const launches = waiting.map(({ message }) => message.launch);
  const [agents, breakers, arrivals, depth] = await Promise.all([
    agentsOn([...new Set(launches.map(({ instanceId }) => instanceId))]),
    breakersOf(waiting.map(({ message }) => scopeOf(message.launch, message.request))),
    arrivalsOf(launches),
    launches.length < crowd ? launches.length : depthOf(queueUrl),
  ]);
  const deferrals: Deferral[] = [];
  const deferred: Deferred[] = [];
  const unpublished: Waiting[] = [];
  const recovered: Found[] = [];
  const publish = publishUntilRefused();
  const ready = new Map<string, ReadyLaunch>();
  const searches = new Map<string, ReturnType<typeof findCommand>>();
  const poll = (batchId: string, since: string) => {
    const search = searches.get(batchId) ?? findCommand(batchId, since);
    searches.set(batchId, search);
    return search;
  };
  for (const one of waiting) {
    const { launch, request, token } = one.message;
    const run = runs.get(runId(launch));
    const refusal = refusalNow(one.message, versions);
    const context = { arrivals: arrivals.get(agentsKey(launch).instanceId) ?? [], nodes: depth, refusal };
    const decided = decideDispatch(one.message, run, agents.get(launch.instanceId), context, Date.now());
    const step = decided.step === 'send' ? ((await askForProbe(one.message, breakers)) ?? decided) : decided;
    const verb = verbFor(launch);
    const deployed = documents[verb][request.runtime];
    const parameters = parametersFor(verb, { ...request, seconds: timeStep(workDeadline(launch) - Date.now()) });
    logger.debug('decided', { instanceId: launch.instanceId, step });
    if (step.step === 'wait') {
      deferrals.push({ record: one.record, seconds: step.seconds });
      const { because } = step;
      const onlineAt = agents.get(launch.instanceId)?.lastPingAt;
      if (onlineAt !== undefined && (because === 'breaker-open' || because === 'agent-too-old'))
        deferred.push({ message: one.message, onlineAt, because });
    } else if (step.step === 'refuse') {
      await fail(token, step.failure);
    } else if (deployed === undefined) {
      await fail(token, { outcome: 'unknown-runtime', detail: `no document is deployed for ${request.runtime}` });
    } else if (step.step !== 'drop') {
      const { name: document, hash: documentHash } = deployed;
      const checksums = pinned[request.runtime]?.[request.version] ?? {};
      const order = { ...one, onlineAt: step.onlineAt, verb, parameters, document, documentHash, checksums };
      const found = step.step === 'send' ? undefined : await poll(step.batchId, run?.claimedAt ?? launch.launchedAt);
      if (step.step !== 'send' && found?.instanceIds.includes(launch.instanceId))
        recovered.push({ order, batchId: step.batchId, command: found });
      else if (step.step === 'look' && refusal !== undefined) await fail(token, refusal);
      else if (step.step !== 'publish') ready.set(runId(launch), order);
    }
  }
  count('NodeWaiting', deferrals.length);
  // Nodes whose command cannot be sent now also wait.
  for (const group of groupByOrder([...ready.values()])) {
    const result = await sendGroup(group, runs, publish);
    deferrals.push(...result.waits.map(deferralOf));
    deferred.push(...result.deferred);
    unpublished.push(...result.unpublished);
    await recordOnline(result.sent, arrivals);
  }
  const left = await deferAll(queueUrl, deferrals);
  if (await publish(recovered.map(({ order, command }) => sentEvent(order, command))))
    await Promise.all(recovered.map(recordFound));
  else unpublished.push(...recovered.map(({ order }) => order));
  await reportDeferred(deferred, runs, publish);
  // The next call finds their commands, and publishes them.
  return [...left, ...unpublished.map(({ record }) => ({ itemIdentifier: record.messageId }))];
}

/** A command that was sent, and whose sending a call before did not note. */
interface Found {
  readonly order: ReadyLaunch;
  readonly batchId: string;
  readonly command: NonNullable<Awaited<ReturnType<typeof findCommand>>>;
}

function recordFound({ order, batchId, command }: Found): Promise<void> {
  return recordCommand(order.message.launch, batchId, command.commandId, command.at);
}

function deferralOf({ record, message: { launch } }: Waiting): Deferral {
  const now = Date.now();
  return { record, seconds: pollDelay(now - Date.parse(launch.launchedAt), workDeadline(launch) - now) };
}

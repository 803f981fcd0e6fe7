import type { InvocationStatus } from '../../domain/invocation-status.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Failure, Installation } from '../../domain/receipt.ts';
import { type ReadResult, type Result, readResult } from '../../domain/result.ts';
import { runtimeTraits } from '../../domain/runtimes.ts';

/** The answer to the waiting state. */
export type Answer =
  | { readonly answer: 'success'; readonly installation: Installation }
  | { readonly answer: 'failure'; readonly failure: Failure };

/** The failures that a document on a node may report. Only AWS, the cluster or Airlock can determine other outcomes. */
export const nodeOutcomes: readonly Failure['outcome'][] = [
  'agent-too-old',
  'concurrent-run',
  'bootstrap-failed',
  'checksum-mismatch',
  'config-rejected',
  'containerd-restart-failed',
  'disk-full',
  'download-failed',
  'handler-conflict',
  'installer-conflict',
  'host-unsupported',
  'install-failed',
  'kvm-missing',
  'package-lock-timeout',
  'proof-failed',
  'rollback-failed',
  'runtime-in-use',
  'tool-missing',
];

/**
 * Finds the run whose attempt a command belongs to: by the command ID in the run record, or, if `dispatch` died before
 * it wrote that, by the batch that claimed the attempt, which is the command's comment. The command's document must be
 * the claimed one.
 */
export function ownerOf(
  runs: readonly RunRecord[],
  commandId: string,
  invocation: InvocationStatus,
): RunRecord | undefined {
  return runs.find(
    (run) =>
      run.document === invocation.document &&
      (run.commandId === commandId ||
        (run.commandId === undefined && run.batchId !== undefined && run.batchId === invocation.comment)),
  );
}

/**
 * Decides the answer after a command ended. What counts as installed comes from the run record and the catalogue. A
 * node that reports anything else has proven nothing. Only facts about its host are taken from its result, as claims.
 *
 * @param run the run record; its current attempt is the command's
 * @param at the time of the answer, ISO 8601
 */
export function decideAnswer(run: RunRecord, commandId: string, invocation: InvocationStatus, at: string): Answer {
  const read = readResult(invocation.output);
  if (!read.ok) return { answer: 'failure', failure: withoutResult(commandId, invocation, read) };
  const { result } = read;
  const { verb, outcome, host } = result;
  const installed = verb === 'prove' && outcome === 'proven' ? 'already-installed' : outcome;
  const succeeded = installed === 'installed' || installed === 'already-installed';
  if (invocation.status !== 'Success' || host === undefined || !succeeded) {
    return { answer: 'failure', failure: failureOf(commandId, invocation, result) };
  }
  const sent = sentTo(run, host.arch);
  const other = sent && contradiction(sent, result);
  if (sent === undefined || other !== undefined) {
    const detail = other ?? `the run record has no checksum for ${host.arch}`;
    return { answer: 'failure', failure: { outcome: 'proof-failed', detail: `${detail} (command ${commandId})` } };
  }
  return { answer: 'success', installation: installationOf(run, sent, { commandId, result, installed, host, at }) };
}

/** What was sent to the node: all that decides about its release. */
type Sent = Pick<Installation, 'runtime' | 'version' | 'handler' | 'sha256'> & { readonly verb: Result['verb'] };

function sentTo({ request, verb = 'install', checksums = {} }: RunRecord, arch: string): Sent | undefined {
  const sha256 = Object.entries(checksums).find(([name]) => name === arch)?.[1];
  if (request === undefined || sha256 === undefined) return undefined;
  return { ...request, handler: runtimeTraits[request.runtime].handlers[0], sha256, verb };
}

/** The first field in which the result differs from what was sent; undefined if there is none. */
function contradiction(sent: Sent, result: Result): string | undefined {
  for (const field of ['verb', 'runtime', 'version', 'handler', 'sha256'] as const) {
    if (result[field] !== sent[field]) return `the node reports ${field} ${result[field]}, but was sent ${sent[field]}`;
  }
  return undefined;
}

/** What a node reported, and when. */
interface Report {
  readonly commandId: string;
  readonly result: Result;
  readonly installed: Installation['installed'];
  readonly host: Installation['host'];
  readonly at: string;
}

function installationOf(run: RunRecord, sent: Sent, { commandId, result, installed, host, at }: Report): Installation {
  const { runtime, version, handler, sha256 } = sent;
  const { sandboxImage, evidence, sideEffects, sandboxes, phases, restarts } = result;
  return {
    runtime,
    version,
    sha256,
    handler,
    installed,
    host,
    ...(sandboxImage === undefined ? {} : { sandboxImage }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(sideEffects === undefined ? {} : { sideEffects }),
    ...(sandboxes === undefined ? {} : { sandboxes }),
    phases,
    restarts,
    document: run.document ?? '',
    commandId,
    onlineAt: run.onlineAt ?? '',
    sentAt: run.sentAt ?? run.claimedAt ?? at,
    settledAt: at,
  };
}

/** A result that claims success while SSM reports a failure counts as a failure: nothing in doubt is released. */
function failureOf(commandId: string, invocation: InvocationStatus, result: Result): Failure {
  const outcome = nodeOutcomes.find((one) => one === result.outcome);
  if (outcome === undefined) {
    const detail = `the command ended as ${invocation.statusDetails} but its result is ${result.outcome} (command ${commandId})`;
    return { outcome: 'install-failed', detail };
  }
  const config = result.config === 'untouched' ? '' : `; containerd's configuration was ${result.config}`;
  return { outcome, detail: `${result.detail}${config} (command ${commandId})` };
}

function withoutResult(commandId: string, invocation: InvocationStatus, read: ReadResult & { ok: false }): Failure {
  const detail = `SSM reports ${invocation.statusDetails || invocation.status}, and ${read.reason} (command ${commandId})`;
  const { status, statusDetails, responseCode } = invocation;
  // For a killed script the agent reports -1, or with some shells 137, which SSM lists as a timeout.
  const hasEnded = status === 'Failed' && statusDetails === 'Failed' && responseCode !== -1;
  return { outcome: hasEnded ? 'install-failed' : 'command-not-delivered', detail };
}

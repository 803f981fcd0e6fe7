import type { InvocationStatus } from '../../domain/invocation-status.ts';
import type { RunRecord } from '../../domain/ledger.ts';
import type { Failure, Installation } from '../../domain/receipt.ts';
import { type ReadResult, type Result, readResult } from '../../domain/result.ts';
import { runtimeTraits } from '../../domain/runtimes.ts';

/** What the state that waits is told. */
export type Answer =
  | { readonly answer: 'success'; readonly installation: Installation }
  | { readonly answer: 'failure'; readonly failure: Failure };

/** How a node may say that it failed: what its documents print. Every other outcome is for AWS, the cluster or Airlock to find out. */
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
 * Finds the node whose attempt a command carries: the command id stands in the row, or, if `dispatch` died before it could write it,
 * the command's comment is the batch that claimed the attempt. Its document is the one that was claimed.
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
 * Makes an answer of how a command ended. What was installed is what was asked for, as the row and the catalogue have it; a node that says anything
 * else has proven nothing. Only facts of its host are taken from it, as claims.
 *
 * @param run the node's row; its attempt is the one that the command carried
 * @param at when the answer is given, ISO 8601
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
    const detail = other ?? `the ledger does not say what the node was sent for ${host.arch}`;
    return { answer: 'failure', failure: { outcome: 'proof-failed', detail: `${detail} (command ${commandId})` } };
  }
  return { answer: 'success', installation: installationOf(run, sent, { commandId, result, installed, host, at }) };
}

/** What the node was sent: all that decides about its release. */
type Sent = Pick<Installation, 'runtime' | 'version' | 'handler' | 'sha256'> & { readonly verb: Result['verb'] };

function sentTo({ request, verb = 'install', checksums = {} }: RunRecord, arch: string): Sent | undefined {
  const sha256 = Object.entries(checksums).find(([name]) => name === arch)?.[1];
  if (request === undefined || sha256 === undefined) return undefined;
  return { ...request, handler: runtimeTraits[request.runtime].handlers[0], sha256, verb };
}

/** The first thing that the node says otherwise; undefined if it says nothing else than what it was sent. */
function contradiction(sent: Sent, result: Result): string | undefined {
  for (const field of ['verb', 'runtime', 'version', 'handler', 'sha256'] as const) {
    if (result[field] !== sent[field]) return `the node says ${field} ${result[field]}, and was sent ${sent[field]}`;
  }
  return undefined;
}

/** What a node said, and when. */
interface Said {
  readonly commandId: string;
  readonly result: Result;
  readonly installed: Installation['installed'];
  readonly host: Installation['host'];
  readonly at: string;
}

function installationOf(run: RunRecord, sent: Sent, { commandId, result, installed, host, at }: Said): Installation {
  const { runtime, version, handler, sha256 } = sent;
  const { sandboxImage, evidence, sideEffects, phases, restarts } = result;
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
    phases,
    restarts,
    document: run.document ?? '',
    commandId,
    onlineAt: run.onlineAt ?? '',
    sentAt: run.sentAt ?? run.claimedAt ?? at,
    settledAt: at,
  };
}

/** A result that claims success while SSM says otherwise is no success: nothing that is in doubt is released. */
function failureOf(commandId: string, invocation: InvocationStatus, result: Result): Failure {
  const outcome = nodeOutcomes.find((one) => one === result.outcome);
  if (outcome === undefined) {
    const detail = `the command ended as ${invocation.statusDetails} but its result says ${result.outcome} (command ${commandId})`;
    return { outcome: 'install-failed', detail };
  }
  const config = result.config === 'untouched' ? '' : `; containerd's configuration was ${result.config}`;
  return { outcome, detail: `${result.detail}${config} (command ${commandId})` };
}

function withoutResult(commandId: string, invocation: InvocationStatus, read: ReadResult & { ok: false }): Failure {
  const detail = `SSM says ${invocation.statusDetails || invocation.status}, and ${read.reason} (command ${commandId})`;
  const ran = invocation.status === 'Failed' && invocation.statusDetails === 'Failed';
  return { outcome: ran ? 'install-failed' : 'command-not-delivered', detail };
}

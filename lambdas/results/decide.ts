import type { LedgerRow } from '../../domain/ledger.ts';
import type { Failure, Installation } from '../../domain/receipt.ts';
import { type ReadResult, type Result, readResult } from '../../domain/result.ts';
import { runtimeTraits } from '../../domain/runtimes.ts';
import type { Standing } from '../../domain/standing.ts';

/** What the state that waits is told. */
export type Answer =
  | { readonly answer: 'success'; readonly installation: Installation }
  | { readonly answer: 'failure'; readonly failure: Failure };

/** How a node may say that it failed: what its documents print. Every other outcome is for AWS, the cluster or Airlock to find out. */
export const nodeOutcomes: readonly Failure['outcome'][] = [
  'agent-too-old',
  'another-run',
  'bootstrap-failed',
  'checksum-mismatch',
  'config-refused',
  'containerd-did-not-return',
  'disk-full',
  'download-failed',
  'foreign-handler',
  'foreign-installer',
  'host-refused',
  'install-failed',
  'kvm-missing',
  'package-lock-held',
  'proof-failed',
  'rollback-failed',
  'runtime-in-use',
  'tool-missing',
];

/**
 * Finds the node whose attempt a command carries: the command id stands in the row, or, where `dispatch` died before it could write it,
 * the command's comment is the batch that claimed the attempt. Its document is the one that was claimed.
 */
export function ownerOf(rows: readonly LedgerRow[], commandId: string, standing: Standing): LedgerRow | undefined {
  return rows.find(
    (row) =>
      row.document === standing.document &&
      (row.commandId === commandId ||
        (row.commandId === undefined && row.batchId !== undefined && row.batchId === standing.comment)),
  );
}

/**
 * Makes an answer of how a command ended. What was installed is what was asked for, as the row and the catalogue have it; a node that says anything
 * else has proven nothing. Only facts of its host are taken from it, as claims.
 *
 * @param row the node's row; its attempt is the one that the command carried
 * @param at when the answer is given, ISO 8601
 */
export function decideAnswer(row: LedgerRow, commandId: string, standing: Standing, at: string): Answer {
  const read = readResult(standing.output);
  if (!read.ok) return { answer: 'failure', failure: withoutResult(commandId, standing, read) };
  const { result } = read;
  const { verb, outcome, host } = result;
  const installed = verb === 'prove' && outcome === 'proven' ? 'already-installed' : outcome;
  const succeeded = installed === 'installed' || installed === 'already-installed';
  if (standing.status !== 'Success' || host === undefined || !succeeded) {
    return { answer: 'failure', failure: failureOf(commandId, standing, result) };
  }
  const sent = sentTo(row, host.arch);
  const other = sent && contradiction(sent, result);
  if (sent === undefined || other !== undefined) {
    const detail = other ?? `the ledger does not say what the node was sent for ${host.arch}`;
    return { answer: 'failure', failure: { outcome: 'proof-failed', detail: `${detail} (command ${commandId})` } };
  }
  return { answer: 'success', installation: installationOf(row, sent, { commandId, result, installed, host, at }) };
}

/** What the node was sent: all that decides about its release. */
type Sent = Pick<Installation, 'runtime' | 'release' | 'handler' | 'sha256'> & { readonly verb: Result['verb'] };

function sentTo({ request, verb = 'install', checksums = {} }: LedgerRow, arch: string): Sent | undefined {
  const sha256 = Object.entries(checksums).find(([name]) => name === arch)?.[1];
  if (request === undefined || sha256 === undefined) return undefined;
  return { ...request, handler: runtimeTraits[request.runtime].handlers[0], sha256, verb };
}

/** The first thing that the node says otherwise; undefined where it says nothing else than what it was sent. */
function contradiction(sent: Sent, result: Result): string | undefined {
  for (const field of ['verb', 'runtime', 'release', 'handler', 'sha256'] as const) {
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

function installationOf(row: LedgerRow, sent: Sent, { commandId, result, installed, host, at }: Said): Installation {
  const { runtime, release, handler, sha256 } = sent;
  const { sandboxImage, evidence, sideEffects, phases, restarts } = result;
  return {
    runtime,
    release,
    sha256,
    handler,
    installed,
    host,
    ...(sandboxImage === undefined ? {} : { sandboxImage }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(sideEffects === undefined ? {} : { sideEffects }),
    phases,
    restarts,
    document: row.document ?? '',
    commandId,
    onlineAt: row.onlineAt ?? '',
    sentAt: row.sentAt ?? row.claimedAt ?? at,
    settledAt: at,
  };
}

/** A result that claims success while SSM says otherwise is no success: nothing that is in doubt is released. */
function failureOf(commandId: string, standing: Standing, result: Result): Failure {
  const outcome = nodeOutcomes.find((one) => one === result.outcome);
  if (outcome === undefined) {
    const detail = `the command ended as ${standing.statusDetails} but its result says ${result.outcome} (command ${commandId})`;
    return { outcome: 'install-failed', detail };
  }
  const config = result.config === 'untouched' ? '' : `; containerd's configuration was ${result.config}`;
  return { outcome, detail: `${result.detail}${config} (command ${commandId})` };
}

function withoutResult(commandId: string, standing: Standing, read: ReadResult & { ok: false }): Failure {
  const detail = `SSM says ${standing.statusDetails || standing.status}, and ${read.reason} (command ${commandId})`;
  const ran = standing.status === 'Failed' && standing.statusDetails === 'Failed';
  return { outcome: ran ? 'install-failed' : 'command-not-delivered', detail };
}

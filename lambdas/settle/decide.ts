import type { LedgerRow } from '../../domain/ledger.ts';
import type { Failure, Installation } from '../../domain/receipt.ts';
import { type ReadResult, type Result, readResult } from '../../domain/result.ts';
import type { Standing } from '../../domain/standing.ts';

/** What the state that waits is told. */
export type Answer =
  | { readonly answer: 'success'; readonly installation: Installation }
  | { readonly answer: 'failure'; readonly failure: Failure };

/**
 * Finds the node whose attempt a command carries: the command id stands in the row, or, where `dispatch` died before it could write it,
 * the command's comment is the batch that claimed the attempt.
 */
export function ownerOf(rows: readonly LedgerRow[], commandId: string, standing: Standing): LedgerRow | undefined {
  return rows.find(
    (row) =>
      row.commandId === commandId ||
      (row.commandId === undefined && row.batchId !== undefined && row.batchId === standing.comment),
  );
}

/**
 * Makes an answer of how a command ended.
 *
 * @param row the node's row; its attempt is the one that the command carried
 * @param at when the answer is given, ISO 8601
 */
export function answerOf(row: LedgerRow, commandId: string, standing: Standing, at: string): Answer {
  const read = readResult(standing.output);
  if (!read.ok) return { answer: 'failure', failure: withoutResult(commandId, standing, read) };
  const { result } = read;
  const { verb, outcome, host } = result;
  // A result of another verb than the one that was sent is none of this attempt's.
  if (standing.status === 'Success' && host !== undefined && verb === (row.verb ?? 'install')) {
    const installed = verb === 'prove' && outcome === 'proven' ? 'already-installed' : outcome;
    if (installed === 'installed' || installed === 'already-installed') {
      return { answer: 'success', installation: installationOf(row, commandId, result, installed, host, at) };
    }
  }
  return { answer: 'failure', failure: failureOf(commandId, standing, result) };
}

function installationOf(
  row: LedgerRow,
  commandId: string,
  result: Result,
  installed: Installation['installed'],
  host: Installation['host'],
  at: string,
): Installation {
  const { runtime, release, sha256, handler, sandboxImage, evidence, phases, restarts } = result;
  return {
    runtime,
    release,
    sha256,
    handler,
    installed,
    host,
    ...(sandboxImage === undefined ? {} : { sandboxImage }),
    ...(evidence === undefined ? {} : { evidence }),
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
  const failed = ['installed', 'already-installed', 'released', 'proven', 'uninstalled'].includes(result.outcome);
  if (failed) {
    const detail = `the command ended as ${standing.statusDetails} but its result says ${result.outcome} (command ${commandId})`;
    return { outcome: 'install-failed', detail };
  }
  const config = result.config === 'untouched' ? '' : `; containerd's configuration was ${result.config}`;
  const outcome = result.outcome as Failure['outcome'];
  return { outcome, detail: `${result.detail}${config} (command ${commandId})` };
}

function withoutResult(commandId: string, standing: Standing, read: ReadResult & { ok: false }): Failure {
  const detail = `SSM says ${standing.statusDetails || standing.status}, and ${read.reason} (command ${commandId})`;
  const ran = standing.status === 'Failed' && standing.statusDetails === 'Failed';
  return { outcome: ran ? 'install-failed' : 'command-not-delivered', detail };
}

import { type Sha256, type Statement, signableMs, statementOf } from '../../domain/attestation.ts';
import { type LaunchRef, launchRef } from '../../domain/events.ts';
import type { RunRecord } from '../../domain/ledger.ts';

/** What becomes of the request to sign a run's receipt. */
export type AttestationDecision =
  | { readonly step: 'sign'; readonly launch: LaunchRef; readonly statement: Statement }
  | { readonly step: 'refuse'; readonly reason: string };

/**
 * Decides whether a run's receipt is signed: only the receipt of an end that the ledger has. What the request says
 * about the run decides nothing.
 *
 * @param now milliseconds since the epoch
 */
export function decideAttestation(run: RunRecord | undefined, now: number, sha256: Sha256): AttestationDecision {
  if (run?.launch === undefined) return { step: 'refuse', reason: 'the launch is not in the ledger' };
  const { receipt, endedBy, launch } = run;
  if (receipt === undefined || endedBy === undefined) return { step: 'refuse', reason: 'the run has no end yet' };
  const own = receipt.instanceId === launch.instanceId && receipt.launchedAt === launch.launchedAt;
  if (!own) return { step: 'refuse', reason: 'the receipt in the run record is about another launch' };
  if (now - Date.parse(receipt.endedAt) > signableMs) {
    return {
      step: 'refuse',
      reason: 'the run ended over an hour ago, and a signature would make its receipt look new',
    };
  }
  const ref = launchRef(launch);
  const signedAt = new Date(now).toISOString();
  return {
    step: 'sign',
    launch: ref,
    statement: statementOf({ receipt, run: ref.run, endedBy, signedAt }, sha256),
  };
}

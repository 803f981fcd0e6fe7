import { keptSeconds, type RunRecord } from '../../domain/ledger.ts';
import { renewRecord } from '../adapters/ledger.ts';
import { logger } from '../adapters/telemetry.ts';

/** A record with less time left than this is renewed, in milliseconds: many passes may fail before it is gone. */
const renewedBeforeMs = (keptSeconds / 3) * 1_000;

/** How many records one pass renews. A fleet that was launched on one day takes some passes. */
const mostRenewals = 200;

/**
 * Lists the records that the ledger would forget before long. Reconcile needs the first and the latest run of each
 * instance for as long as that runs: without them it would count as never managed.
 *
 * @param runs may contain a record twice
 * @param now milliseconds since the epoch
 */
export function listExpiring(runs: readonly RunRecord[], now: number): readonly RunRecord[] {
  const isExpiring = ({ admittedAt, expiresAt }: RunRecord) =>
    admittedAt !== undefined && expiresAt !== undefined && expiresAt * 1_000 - now < renewedBeforeMs;
  return [...new Set(runs)].filter(isExpiring);
}

/** Renews records, those with the least time left first. @returns how many */
export async function keepRecords(expiring: readonly RunRecord[]): Promise<number> {
  const part = expiring.toSorted((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0)).slice(0, mostRenewals);
  const at = new Date().toISOString();
  await Promise.all(part.map((run) => renewRecord(run, at)));
  if (part.length > 0) logger.info('renewed records of instances that run', { records: part.length });
  return part.length;
}

import type { RunRecord } from '../../domain/ledger.ts';
import { refused } from '../../domain/messages.ts';

/** A run record with its launch. */
export type Run = RunRecord & Required<Pick<RunRecord, 'launch'>>;

/** The run record does not allow the call. Nothing was done. */
export class Refused extends Error {
  override readonly name = refused;
}

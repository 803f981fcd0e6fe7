import type { RunRecord } from '../../domain/ledger.ts';
import { refused } from '../../domain/messages.ts';

/** The row of a run, with its node. */
export type Run = RunRecord & Required<Pick<RunRecord, 'launch'>>;

/** The row does not say what the call asks for. Nothing was done. */
export class Refused extends Error {
  override readonly name = refused;
}

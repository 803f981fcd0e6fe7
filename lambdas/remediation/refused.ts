import type { LedgerRow } from '../../domain/ledger.ts';
import { refused } from '../../domain/messages.ts';

/** The row of a run, with its node. */
export type Run = LedgerRow & Required<Pick<LedgerRow, 'node'>>;

/** The row does not say what the call asks for. Nothing was done. */
export class Refused extends Error {
  override readonly name = refused;
}

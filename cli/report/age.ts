import { InvalidArgumentError } from 'commander';
import { keptSeconds } from '../../domain/ledger.ts';

const unitMs = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 } as const;
const accepted = 'accepted: a whole number with m, h or d, at most 90d';

/**
 * Reads an age such as `7d`.
 *
 * @returns milliseconds
 * @throws InvalidArgumentError that names the accepted form
 */
export function readAge(text: string): number {
  const [, count = '', unit = ''] = /^([1-9][0-9]{0,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit as keyof typeof unitMs] ?? 0);
  if (ms === 0 || ms > keptSeconds * 1_000) throw new InvalidArgumentError(accepted);
  return ms;
}

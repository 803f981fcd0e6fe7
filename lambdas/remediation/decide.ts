import type { Disposition } from '../../domain/disposition.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import { endingOf } from '../../domain/outcomes.ts';
import type { OnFailure } from '../../domain/pools.ts';

/** What a disposition depends on. */
export interface Case {
  readonly outcome: OutcomeCode;
  readonly onFailure: OnFailure;
  /** Whether the breaker is open, with this failure counted. */
  readonly open: boolean;
  /** How many nodes of this pool and version failed in the window, including this one. */
  readonly failures: number;
}

/**
 * Decides what happens to a node that was not released. Nothing happens while the breaker is open, because each step
 * that makes room would cause another launch.
 */
export function decideDisposition({ outcome, onFailure, open, failures }: Case): Disposition {
  const ending = endingOf(outcome);
  if (ending === 'discard') return 'discard';
  if (open) return 'hold';
  if (ending !== 'replace' || onFailure === 'quarantine') return 'quarantine';
  return onFailure === 'replace' || failures <= 1 ? 'replace' : 'quarantine';
}

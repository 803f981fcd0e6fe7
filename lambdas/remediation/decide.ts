import type { Disposition } from '../../domain/disposition.ts';
import type { OutcomeCode } from '../../domain/outcomes.ts';
import { endingOf } from '../../domain/outcomes.ts';
import type { OnFailure } from '../../domain/pools.ts';

/** What a verdict depends on. */
export interface Case {
  readonly outcome: OutcomeCode;
  readonly onFailure: OnFailure;
  /** Whether the breaker is open, this failure counted. */
  readonly open: boolean;
  /** How many nodes of this pool and version failed in the window, this one among them. */
  readonly failures: number;
}

/** What becomes of a node that was not released. While the breaker is open that is nothing: each step that made room would launch another. */
export function decideVerdict({ outcome, onFailure, open, failures }: Case): Disposition {
  const ending = endingOf(outcome);
  if (ending === 'discard') return 'discard';
  if (open) return 'hold';
  if (ending !== 'replace' || onFailure === 'quarantine') return 'quarantine';
  return onFailure === 'replace' || failures <= 1 ? 'replace' : 'quarantine';
}

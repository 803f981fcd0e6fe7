import type { Disposition } from '../../domain/disposition.ts';
import type { Request } from '../../domain/launch.ts';
import { endingOf, makesRoom, type OutcomeCode } from '../../domain/outcomes.ts';
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

/**
 * Whether an outcome counts for the breaker of what was requested. Not if the node was not tried, or a person or a
 * deployment stopped its run.
 */
export function isEvidence(outcome: OutcomeCode, request: Request | undefined): boolean {
  if (outcome === 'version-withdrawn' || outcome === 'version-too-old') return request === undefined;
  return outcome !== 'breaker-open' && outcome !== 'closed-by-operator' && !makesRoom(outcome);
}

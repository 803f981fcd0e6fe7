import type { Failure } from './receipt.ts';

/** What becomes of a node that was not released. */
export const dispositions = ['quarantine', 'replace', 'hold', 'discard'] as const;

/** What becomes of a node that was not released. `hold`: the gate stays, and nothing else is done. */
export type Disposition = (typeof dispositions)[number];

/** The answer to `judge`. */
export interface DispositionDecision {
  readonly disposition: Disposition;
  /** The failure as it stands then: `instance-gone` where that is why. */
  readonly failure: Failure;
}

/** The answer to the action `replace`: how the instance was ended, or why it was replacementBlocker. */
export type Replacement =
  | { readonly replaced: true; readonly how: 'terminated' | 'abandoned' | 'terminated-by-its-group' }
  | { readonly replaced: false; readonly because: string };

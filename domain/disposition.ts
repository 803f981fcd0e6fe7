import type { Failure } from './receipt.ts';

export const dispositions = ['quarantine', 'replace', 'hold', 'discard'] as const;

/** What happens to a node that failed. `hold`: the gate stays, and nothing else is done. */
export type Disposition = (typeof dispositions)[number];

/** The result of `decide`. */
export interface DispositionDecision {
  readonly disposition: Disposition;
  /** The failure, which becomes `instance-gone` if the instance is gone. */
  readonly failure: Failure;
}

/** The result of `replace`: how the instance was terminated, or why it was not. */
export type Replacement =
  | { readonly replaced: true; readonly how: 'terminated' | 'abandoned' | 'terminated-by-its-group' }
  | { readonly replaced: false; readonly because: string };

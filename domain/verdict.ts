import type { Failure } from './receipt.ts';

/** What becomes of a node that was not released. */
export const verdicts = ['quarantine', 'replace', 'hold', 'forget'] as const;

/** What becomes of a node that was not released. `hold`: the gate stays, and nothing else is done. */
export type Verdict = (typeof verdicts)[number];

/** The answer to `judge`. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The failure as it stands then: `instance-gone` where that is why. */
  readonly failure: Failure;
}

/** The answer to the action `replace`: how the instance was ended, or why it was spared. */
export type Replacement =
  | { readonly replaced: true; readonly how: 'terminated' | 'abandoned' | 'terminated-by-its-group' }
  | { readonly replaced: false; readonly because: string };

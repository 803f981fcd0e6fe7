import * as v from 'valibot';
import { RowKeySchema } from './ledger.ts';
import type { Failure } from './receipt.ts';

/** What becomes of a node that was not released. */
export const verdicts = ['quarantine', 'replace', 'hold', 'forget'] as const;

/** What becomes of a node that was not released. `hold`: the gate stays, and nothing else is done. */
export type Verdict = (typeof verdicts)[number];

/**
 * What the state machine asks of the `replace` function, each for the row that the key names.
 *
 * - `judge` counts the failure that the row holds, and says what becomes of the node.
 * - `replace` ends the instance, so that another is launched, if that is what the row says.
 * - `keep` lets an instance that stays into service, if a launch hook waits for that.
 */
export const ReplaceCallSchema = v.object({ action: v.picklist(['judge', 'replace', 'keep']), key: RowKeySchema });

/** The answer to `judge`. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The failure as it stands then: `instance-gone` where that is why. */
  readonly failure: Failure;
}

/** The answer to `replace`: how the instance was ended, or why it was spared. */
export type Replacement =
  | { readonly replaced: true; readonly how: 'terminated' | 'abandoned' | 'terminated-by-its-group' }
  | { readonly replaced: false; readonly because: string };

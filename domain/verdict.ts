import * as v from 'valibot';
import { NodeSchema, RequestSchema } from './node.ts';
import { FailureSchema, ReceiptSchema } from './receipt.ts';

/** What becomes of a node that was not released. */
export const verdicts = ['quarantine', 'replace', 'hold', 'forget'] as const;

/** What becomes of a node that was not released. `hold`: the gate stays, and nothing else is done. */
export type Verdict = (typeof verdicts)[number];

/** What the state machine asks of the `replace` function. */
export const ReplaceCallSchema = v.variant('action', [
  /** Counts a failure, and says what becomes of the node. */
  v.object({
    action: v.literal('judge'),
    node: NodeSchema,
    request: v.optional(RequestSchema),
    failure: FailureSchema,
  }),
  /** Ends the instance, so that another is launched. The receipt is what the cluster said of the Node before. */
  v.object({ action: v.literal('replace'), node: NodeSchema, receipt: ReceiptSchema }),
  /** Lets an instance that stays into service, where a launch hook waits for that. */
  v.object({ action: v.literal('keep'), node: NodeSchema }),
]);

/** What the state machine asks of the `replace` function. */
export type ReplaceCall = v.InferOutput<typeof ReplaceCallSchema>;

/** The answer to `judge`. */
export interface Judgement {
  readonly verdict: Verdict;
  /** The failure as it stands then: `instance-gone` where that is why. */
  readonly failure: v.InferOutput<typeof FailureSchema>;
}

/** The answer to `replace`: how the instance was ended, or why it was spared. */
export type Replacement =
  | { readonly replaced: true; readonly how: 'terminated' | 'abandoned' | 'terminated-by-its-group' }
  | { readonly replaced: false; readonly because: string };

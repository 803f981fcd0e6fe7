import * as v from 'valibot';

const positive = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(99_999_999));

/** When a state is retried. */
export const RetrierSchema = v.strictObject({
  ErrorEquals: v.pipe(v.array(v.string()), v.minLength(1)),
  Comment: v.optional(v.string()),
  IntervalSeconds: v.optional(positive),
  MaxAttempts: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(99_999_999))),
  BackoffRate: v.optional(v.pipe(v.number(), v.minValue(1))),
  MaxDelaySeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(31_622_399))),
  JitterStrategy: v.optional(v.picklist(['FULL', 'NONE'])),
});

export type Retrier = v.InferOutput<typeof RetrierSchema>;

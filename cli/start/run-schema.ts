import * as v from 'valibot';

/** What `airlock start --json` prints. */
export const RunSchema = v.strictObject({
  nodes: v.array(
    v.looseObject({
      instanceId: v.string(),
      nodeName: v.string(),
      runtime: v.string(),
      version: v.string(),
      /** Empty if the launch did not end in time. */
      outcome: v.string(),
      /** Each phase with the milliseconds since the launch. */
      stages: v.array(v.strictObject({ name: v.string(), ms: v.number() })),
      transitions: v.number(),
    }),
  ),
  backends: v.strictObject({ kubernetes: v.string(), machine: v.string() }),
  /** How often each operation of AWS and Kubernetes was called. */
  calls: v.record(v.string(), v.number()),
});
